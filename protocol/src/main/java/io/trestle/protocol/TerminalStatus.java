package io.trestle.protocol;

/**
 * Which statuses of the control plane stop an SDK for good (wire.md 5.1). All others, a clean end
 * and a lost connection are retried.
 */
public final class TerminalStatus {
  private TerminalStatus() {}

  /** For {@code Provision}, {@code Open} and {@code RegisterAndWatch}. */
  public static boolean ofSession(StatusCode status) {
    return switch (status) {
      case UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND, INVALID_ARGUMENT, FAILED_PRECONDITION ->
          true;
      default -> false;
    };
  }

  /**
   * For {@code RefreshCert}, where FAILED_PRECONDITION is retried as well: the leaf at hand is
   * still good.
   */
  public static boolean ofRefresh(StatusCode status) {
    return status != StatusCode.FAILED_PRECONDITION && ofSession(status);
  }
}
