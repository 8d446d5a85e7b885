package io.trestle.sdk.internal.inbound;

/** A typed handler cannot read the payload: the caller gets INVALID_ARGUMENT, no handler ran. */
public final class UndecodableException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With what the decoder said. */
  public UndecodableException(String message) {
    super(message, null, false, false);
  }
}
