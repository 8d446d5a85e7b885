package io.trestle.sdk.outbox;

/**
 * What the runtime says to one event (events.md 2.3).
 *
 * @param status what became of it
 * @param message why, unless it was stored
 */
public record PublishVerdict(Status status, String message) {

  /** Stored now. */
  public static final PublishVerdict ACCEPTED = new PublishVerdict(Status.ACCEPTED, "");

  /** What can become of an event. */
  public enum Status {
    /** Stored now. */
    ACCEPTED(true, true),
    /** Stored before, by id or by idempotency key. */
    DUPLICATE(true, true),
    /** The name is bad. Final. */
    INVALID_NAME(true, false),
    /** The policy forbids it, or it is too large. Final, until an operator changes that. */
    FORBIDDEN(true, false),
    /** Its id or idempotency key was used for another event. Final. */
    CONFLICT(true, false),
    /** The runtime could not decide: send the same event again. */
    UNDECIDED(false, false);

    private final boolean decided;
    private final boolean stored;

    Status(boolean decided, boolean stored) {
      this.decided = decided;
      this.stored = stored;
    }

    /** Whether sending it again would change nothing. */
    public boolean decided() {
      return decided;
    }

    /** Whether the runtime has the event. */
    public boolean stored() {
      return stored;
    }
  }
}
