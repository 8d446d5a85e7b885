package io.trestle.kernel;

/**
 * A start that did not succeed: which part, and why in words that say what to do. Nothing is left
 * running.
 */
public final class StartFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String part;

  StartFailure(String part, Throwable cause) {
    super(part + ": " + reason(cause), cause);
    this.part = part;
  }

  /** The part that failed, such as {@code database} or {@code module pki}. */
  public String part() {
    return part;
  }

  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
  }
}
