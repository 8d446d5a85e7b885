package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;

/**
 * A business failure (rpc.md 5.2). A handler throws it to answer with a code of its own; the caller
 * receives it with that code and message. Any other exception of a handler becomes the code {@code
 * INTERNAL}; so does a received one that escapes from a nested call, so that a foreign business
 * code never leaks.
 */
public final class HandlerException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** What a failure without a code of its own is called. */
  public static final String INTERNAL = "INTERNAL";

  private final String handlerCode;
  private final boolean remote;

  /**
   * A failure to answer with.
   *
   * @param handlerCode the business code; empty means {@link #INTERNAL}
   */
  public HandlerException(String handlerCode, String message) {
    this(handlerCode, message, false);
  }

  private HandlerException(String handlerCode, String message, boolean remote) {
    super(ErrorCode.HANDLER, message, null);
    this.handlerCode = handlerCode.isEmpty() ? INTERNAL : handlerCode;
    this.remote = remote;
  }

  /** A failure that was received; for the SDK itself. */
  public static HandlerException received(String handlerCode, String message) {
    return new HandlerException(handlerCode, message, true);
  }

  /** The business code. */
  public String handlerCode() {
    return handlerCode;
  }

  /** Whether it came from another instance. */
  public boolean remote() {
    return remote;
  }
}
