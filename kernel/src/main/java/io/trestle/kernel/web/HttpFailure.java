package io.trestle.kernel.web;

/** An admin error whose HTTP status is not that of its code, because HTTP has a better one. */
final class HttpFailure extends RuntimeException {
  private final int status;
  private final AdminFailure.Code code;

  HttpFailure(int status, AdminFailure.Code code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
  }

  int status() {
    return status;
  }

  AdminFailure.Code code() {
    return code;
  }
}
