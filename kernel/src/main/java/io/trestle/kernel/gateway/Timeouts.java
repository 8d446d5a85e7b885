package io.trestle.kernel.gateway;

import io.trestle.protocol.StatusCode;
import org.jspecify.annotations.Nullable;

/** Reads the header {@code grpc-timeout}: one to eight digits and a unit. */
final class Timeouts {
  /** Stands for "no deadline". */
  static final long NONE = -1;

  private static final int MAX_LENGTH = 9;

  private Timeouts() {}

  /**
   * Milliseconds the caller waits, rounded down; {@link #NONE} without the header.
   *
   * @throws GrpcFailure when the header is malformed
   */
  static long millis(@Nullable String header) {
    if (header == null) {
      return NONE;
    }
    int digits = header.length() - 1;
    if (digits < 1 || digits >= MAX_LENGTH) {
      throw malformed();
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = header.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw malformed();
      }
      value = value * 10 + digit;
    }
    return inMillis(value, header.charAt(digits));
  }

  private static long inMillis(long value, char unit) {
    return switch (unit) {
      case 'H' -> value * 3_600_000;
      case 'M' -> value * 60_000;
      case 'S' -> value * 1_000;
      case 'm' -> value;
      case 'u' -> value / 1_000;
      case 'n' -> value / 1_000_000;
      default -> throw malformed();
    };
  }

  private static GrpcFailure malformed() {
    return GrpcFailure.of(StatusCode.INVALID_ARGUMENT, "malformed grpc-timeout");
  }
}
