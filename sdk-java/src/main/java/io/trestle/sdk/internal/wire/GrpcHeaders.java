package io.trestle.sdk.internal.wire;

import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.StatusCode;
import io.vertx.core.MultiMap;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The headers and trailers of gRPC over HTTP/2. */
public final class GrpcHeaders {
  /** Status number. */
  public static final String STATUS = "grpc-status";

  /** Status text, percent-encoded. */
  public static final String MESSAGE = "grpc-message";

  /** Time the caller waits. */
  public static final String TIMEOUT = "grpc-timeout";

  /** The content type of everything we send. */
  public static final String CONTENT_TYPE = "application/grpc";

  private static final long MAX_TIMEOUT_VALUE = 99_999_999;
  private static final String HEX = "0123456789ABCDEF";

  private GrpcHeaders() {}

  /**
   * Reads the status of an answer. It stands in the trailers, or, when there was no message, in the
   * headers; and so does what comes with it.
   */
  public static CallStatus status(MultiMap headers, MultiMap trailers) {
    MultiMap found = trailers.contains(STATUS) ? trailers : headers;
    String number = found.get(STATUS);
    if (number == null) {
      return CallStatus.of(StatusCode.UNKNOWN, "the answer has no grpc-status");
    }
    StatusCode code = StatusCode.of(parse(number));
    if (code == StatusCode.OK) {
      return CallStatus.OK;
    }
    String text = found.get(MESSAGE);
    boolean proof = HeaderNames.NOT_DISPATCHED_VALUE.equals(found.get(HeaderNames.NOT_DISPATCHED));
    return new CallStatus(code, text == null ? "" : decode(text), proof);
  }

  /** Whether a content type is gRPC with protobuf. */
  public static boolean isGrpc(@Nullable String contentType) {
    if (contentType == null || !contentType.startsWith(CONTENT_TYPE)) {
      return false;
    }
    String rest = contentType.substring(CONTENT_TYPE.length());
    return rest.isEmpty()
        || rest.startsWith(";")
        || rest.equals("+proto")
        || rest.startsWith("+proto;");
  }

  /** The header value of a time in milliseconds, 1 or more. */
  public static String timeout(long millis) {
    return millis <= MAX_TIMEOUT_VALUE
        ? millis + "m"
        : Math.min(millis / 1000, MAX_TIMEOUT_VALUE) + "S";
  }

  /** The nanoseconds of a header value; -1 if there is none or it is malformed. */
  public static long timeoutNanos(@Nullable String value) {
    int digits = value == null ? 0 : value.length() - 1;
    if (value == null || digits < 1 || digits > 8) {
      return -1;
    }
    TimeUnit unit = unit(value.charAt(digits));
    long number = parse(value.substring(0, digits));
    return unit == null || number < 0 ? -1 : unit.toNanos(number);
  }

  /** Percent-encodes a text as gRPC wants it. */
  public static String encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      if (b >= ' ' && b <= '~' && b != '%') {
        out.append((char) b);
      } else {
        out.append('%').append(HEX.charAt((b >> 4) & 0xf)).append(HEX.charAt(b & 0xf));
      }
    }
    return out.toString();
  }

  /** The reverse; a broken sequence stays as it is. */
  public static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < in.length; i++) {
      int high = in[i] == '%' && i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = high < 0 ? -1 : Character.digit(in[i + 2], 16);
      if (low < 0) {
        out.write(in[i]);
      } else {
        out.write(high << 4 | low);
        i += 2;
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static @Nullable TimeUnit unit(char letter) {
    return switch (letter) {
      case 'H' -> TimeUnit.HOURS;
      case 'M' -> TimeUnit.MINUTES;
      case 'S' -> TimeUnit.SECONDS;
      case 'm' -> TimeUnit.MILLISECONDS;
      case 'u' -> TimeUnit.MICROSECONDS;
      case 'n' -> TimeUnit.NANOSECONDS;
      default -> null;
    };
  }

  private static int parse(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
