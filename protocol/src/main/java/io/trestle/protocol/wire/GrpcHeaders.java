package io.trestle.protocol.wire;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.StatusCode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
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

  static final CallStatus NO_STATUS =
      CallStatus.of(StatusCode.UNKNOWN, "the answer has no grpc-status");

  private static final int MAX_REQUEST = 8;
  private static final AsciiString STATUS_NAME = AsciiString.cached(STATUS);
  private static final AsciiString TIMEOUT_NAME = AsciiString.cached(TIMEOUT);
  private static final AsciiString TRACE = AsciiString.cached(HeaderNames.TRACE);
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString TRAILERS = AsciiString.cached("trailers");
  private static final AsciiString TYPE = AsciiString.cached("content-type");
  private static final AsciiString GRPC = AsciiString.cached(CONTENT_TYPE);
  private static final AsciiString POST = AsciiString.cached("POST");
  private static final AsciiString HTTPS = AsciiString.cached("https");
  private static final AsciiString HTTP_OK = AsciiString.cached("200");
  private static final AsciiString AUTHORITY = AsciiString.cached("servicebridge.peer");
  private static final String OK_NUMBER = "0";
  private static final Optional<CallStatus> GOOD_END = Optional.of(CallStatus.OK);
  private static final Http2Headers HEAD =
      ReadOnlyHttp2Headers.serverHeaders(false, HTTP_OK, TYPE, GRPC);
  private static final Http2Headers GOOD =
      ReadOnlyHttp2Headers.trailers(false, STATUS_NAME, AsciiString.cached(OK_NUMBER));
  private static final long MAX_TIMEOUT_VALUE = 99_999_999;
  private static final int MAX_TEXT = 4 << 10;
  private static final String HEX = "0123456789ABCDEF";

  private GrpcHeaders() {}

  /** The headers of a request. */
  static Http2Headers request(GrpcExchange.Outgoing outgoing, long timeoutMillis) {
    CharSequence[] more = new CharSequence[MAX_REQUEST];
    int count = put(more, 0, TE, TRAILERS);
    count = put(more, count, TYPE, GRPC);
    if (timeoutMillis > 0) {
      count = put(more, count, TIMEOUT_NAME, AsciiString.of(timeout(timeoutMillis)));
    }
    if (!outgoing.trace().isEmpty()) {
      count = put(more, count, TRACE, AsciiString.of(outgoing.trace()));
    }
    AsciiString path = AsciiString.of(outgoing.path());
    AsciiString[] others = Arrays.copyOf(more, count, AsciiString[].class);
    return ReadOnlyHttp2Headers.clientHeaders(false, POST, path, HTTPS, AUTHORITY, others);
  }

  private static int put(CharSequence[] into, int at, AsciiString name, AsciiString value) {
    into[at] = name;
    into[at + 1] = value;
    return at + 2;
  }

  /** The headers before a message. */
  public static Http2Headers head() {
    return HEAD;
  }

  /** The trailers of a good end. */
  public static Http2Headers good() {
    return GOOD;
  }

  /** The headers of an answer that is a status alone. */
  public static Http2Headers only(CallStatus status) {
    Http2Headers headers = new DefaultHttp2Headers(false).status(HTTP_OK).set(TYPE, GRPC);
    return put(headers, status);
  }

  /** The trailers of any end. */
  public static Http2Headers trailers(CallStatus status) {
    return put(new DefaultHttp2Headers(false), status);
  }

  /** The headers of an answer that is not gRPC. */
  public static Http2Headers http(String status) {
    return new DefaultHttp2Headers(false).status(status);
  }

  private static Http2Headers put(Http2Headers headers, CallStatus status) {
    headers.set(STATUS, Integer.toString(status.code().number()));
    headers.set(MESSAGE, encode(status.message()));
    if (status.notDispatched()) {
      headers.set(HeaderNames.NOT_DISPATCHED, HeaderNames.NOT_DISPATCHED_VALUE);
    }
    return headers;
  }

  /** Reads the status in trailers, or in headers when there is no message. */
  public static Optional<CallStatus> status(Http2Headers found) {
    CharSequence number = found.get(STATUS);
    if (number == null) {
      return Optional.empty();
    }
    if (OK_NUMBER.contentEquals(number)) {
      return GOOD_END;
    }
    CharSequence text = found.get(MESSAGE);
    CharSequence proof = found.get(HeaderNames.NOT_DISPATCHED);
    return Optional.of(
        new CallStatus(
            StatusCode.of(parse(number.toString())),
            text == null ? "" : decode(text.toString()),
            proof != null && HeaderNames.NOT_DISPATCHED_VALUE.contentEquals(proof)));
  }

  /** Whether a content type is gRPC with protobuf. */
  public static boolean isGrpc(@Nullable CharSequence contentType) {
    String type = contentType == null ? "" : contentType.toString();
    if (!type.startsWith(CONTENT_TYPE)) {
      return false;
    }
    String rest = type.substring(CONTENT_TYPE.length());
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

  /**
   * Percent-encodes a text as gRPC wants it; what is longer than 4 KiB then is cut, because headers
   * are bounded and know no flow control.
   */
  public static String encode(String text) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), MAX_TEXT) + 16);
    for (int i = 0; i < text.length() && out.length() < MAX_TEXT; ) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      if (point >= ' ' && point <= '~' && point != '%') {
        out.append((char) point);
      } else {
        percent(out, Character.toString(point).getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toString();
  }

  private static void percent(StringBuilder out, byte[] bytes) {
    for (byte b : bytes) {
      out.append('%').append(HEX.charAt((b >> 4) & 0xf)).append(HEX.charAt(b & 0xf));
    }
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
