package io.trestle.events.core;

/**
 * What becomes of a published event (events.md 2.3).
 *
 * @param status number on the wire
 * @param message why, for the developer; empty for an event that was taken
 */
public record Verdict(Status status, String message) {
  /** Stored and fanned out. */
  public static final Verdict ACCEPTED = new Verdict(Status.ACCEPTED, "");

  /** Numbers of {@code PublishStatus}. */
  public enum Status {
    UNDECIDED(0),
    ACCEPTED(1),
    DUPLICATE(3),
    INVALID_NAME(5),
    FORBIDDEN(6),
    CONFLICT(7);

    private final int number;

    Status(int number) {
      this.number = number;
    }

    /** The number on the wire. */
    public int number() {
      return number;
    }
  }

  static Verdict of(Status status, String message) {
    return new Verdict(status, message);
  }

  /** Not decided; the client sends it again. */
  public static Verdict undecided(String why) {
    return new Verdict(Status.UNDECIDED, why);
  }
}
