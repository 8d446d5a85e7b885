package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * The root of everything this SDK throws (rpc.md 6). Decide by {@link #code()}; repeat only what is
 * {@link #retryable()}: a request that may have reached a handler never is.
 *
 * <p>Codes without a class of their own ({@code CANCELLED}, {@code NOT_FOUND}, {@code OVERLOADED},
 * {@code INTERNAL}, ...) are thrown as this class itself.
 */
public class ServiceBridgeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /** An exception of a code. */
  public ServiceBridgeException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** The stable code. */
  public final ErrorCode code() {
    return code;
  }

  /** Whether the same request may be sent again: the code says so, always. */
  public final boolean retryable() {
    return code.retryable();
  }
}
