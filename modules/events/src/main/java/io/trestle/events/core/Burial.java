package io.trestle.events.core;

import org.jspecify.annotations.Nullable;

/**
 * A delivery that becomes a dead letter.
 *
 * @param event null when it is not in memory; else it is counted there until it is buried
 * @param error the last error, or what the reason is in words
 * @param attempts hand-outs that were nacked or expired
 */
public record Burial<E>(
    long position, @Nullable E event, Reason reason, String error, int attempts) {

  /** Why, as operators and clients read it (events.md 10.1). */
  public enum Reason {
    MAX_ATTEMPTS("max_attempts"),
    ORPHANED_PATTERN("orphaned_pattern"),
    SUBSCRIBER_UNAVAILABLE("subscriber_unavailable"),
    REJECTED("rejected");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** The word on the wire and in tables. */
    public String text() {
      return text;
    }
  }
}
