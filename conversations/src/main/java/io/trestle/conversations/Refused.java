package io.trestle.conversations;

/**
 * The answer to a question is no. Expected and stackless; facades translate the reason into their
 * own status.
 */
public final class Refused extends RuntimeException {
  private final Reason reason;
  private final boolean withoutEffect;

  private Refused(Reason reason, String message, boolean withoutEffect) {
    super(message, null, false, false);
    this.reason = reason;
    this.withoutEffect = withoutEffect;
  }

  /** A refusal; the message names what was wrong and what was expected. */
  public static Refused of(Reason reason, String message) {
    return new Refused(reason, message, false);
  }

  /** A refusal that provably had no effect, so that the asker may try again elsewhere. */
  public static Refused withoutEffect(Reason reason, String message) {
    return new Refused(reason, message, true);
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** Whether the question provably changed nothing. */
  public boolean withoutEffect() {
    return withoutEffect;
  }

  /** Reasons, named and numbered like the gRPC codes that they become. */
  public enum Reason {
    CANCELLED(1),
    INVALID(3),
    DEADLINE(4),
    NOT_FOUND(5),
    ALREADY_EXISTS(6),
    DENIED(7),
    OVERLOADED(8),
    PRECONDITION(9),
    SUPERSEDED(10),
    UNSUPPORTED(12),
    INTERNAL(13),
    UNAVAILABLE(14),
    UNAUTHENTICATED(16);

    private final int number;

    Reason(int number) {
      this.number = number;
    }

    /** The gRPC code of this reason. */
    public int number() {
      return number;
    }

    /** The reason of a gRPC code; INTERNAL for a number that is none. */
    public static Reason ofNumber(int number) {
      for (Reason reason : values()) {
        if (reason.number == number) {
          return reason;
        }
      }
      return INTERNAL;
    }
  }
}
