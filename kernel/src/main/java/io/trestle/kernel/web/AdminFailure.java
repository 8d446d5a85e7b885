package io.trestle.kernel.web;

/**
 * A Connect error as an exception without a stack. The message names what was wrong and what was
 * expected.
 */
public final class AdminFailure extends RuntimeException {
  private final Code code;

  /** Makes a failure of an admin procedure. */
  public AdminFailure(Code code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  /** The Connect code. */
  public Code code() {
    return code;
  }

  /** Connect codes and their HTTP statuses. */
  public enum Code {
    CANCELED("canceled", 499),
    UNKNOWN("unknown", 500),
    INVALID_ARGUMENT("invalid_argument", 400),
    DEADLINE_EXCEEDED("deadline_exceeded", 504),
    NOT_FOUND("not_found", 404),
    ALREADY_EXISTS("already_exists", 409),
    PERMISSION_DENIED("permission_denied", 403),
    RESOURCE_EXHAUSTED("resource_exhausted", 429),
    FAILED_PRECONDITION("failed_precondition", 400),
    ABORTED("aborted", 409),
    UNIMPLEMENTED("unimplemented", 501),
    INTERNAL("internal", 500),
    UNAVAILABLE("unavailable", 503),
    UNAUTHENTICATED("unauthenticated", 401);

    private final String text;
    private final int httpStatus;

    Code(String text, int httpStatus) {
      this.text = text;
      this.httpStatus = httpStatus;
    }

    /** As in the JSON of an error. */
    public String text() {
      return text;
    }

    /** HTTP status of an answer with this code. */
    public int httpStatus() {
      return httpStatus;
    }
  }
}
