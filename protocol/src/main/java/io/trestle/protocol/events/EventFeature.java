package io.trestle.protocol.events;

/**
 * What we offer beyond the protocol of the official SDKs (events.md 12.2). A runtime names what it
 * supports in its Welcome, so that an SDK can say what will have no effect.
 */
public enum EventFeature {
  /** {@code Nack.retry_after_ms}. */
  RETRY_AFTER("event.retry_after", "events are tried again after the pause of the runtime"),
  /** {@code Nack.reject}. */
  REJECT("event.reject", "rejected events are tried again until the runtime gives up"),
  /** {@code EventSubscription.retry_policy_json}. */
  RETRY_POLICY("event.retry_policy", "attempts and pauses are those of the runtime"),
  /** {@code EventSubscription.group}. */
  GROUP("event.group", "all groups of the service share one delivery of an event"),
  /** {@code EventSubscription.ttl_ms}. */
  TTL("event.ttl", "events wait as long as the runtime lets them");

  private final String text;
  private final String without;

  EventFeature(String text, String without) {
    this.text = text;
    this.without = without;
  }

  /** As it is said on the wire. */
  public String text() {
    return text;
  }

  /** What happens at a runtime that does not know it. */
  public String without() {
    return without;
  }
}
