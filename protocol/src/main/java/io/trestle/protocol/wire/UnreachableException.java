package io.trestle.protocol.wire;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** There is no connection to the target; nothing was sent. */
public final class UnreachableException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  UnreachableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
