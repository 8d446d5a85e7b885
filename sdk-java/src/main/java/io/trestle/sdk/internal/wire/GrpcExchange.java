package io.trestle.sdk.internal.wire;

import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.StatusCode;
import io.vertx.core.AsyncResult;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import org.jspecify.annotations.Nullable;

/**
 * One request with one message, and the messages that answer it: a unary call or a server stream.
 * Everything happens on the lane of the connection.
 *
 * <p>This replaces the gRPC client of Vert.x, for three reasons. It sends headers and message as
 * one flush with the end on the data frame, where that one sends an empty frame more and copies the
 * message twice. It tells a failure before the first byte from a later one, which decides whether a
 * call may be repeated. And it reads status, text and trailers from wherever they stand, where that
 * one loses the text of a late failure.
 *
 * <p>The listener hears messages, then exactly one end; after {@link #cancel} it hears nothing.
 */
public final class GrpcExchange {
  private static final long RESET_CANCEL = 8;
  private static final long RESET_REFUSED = 7;
  private static final long RESET_CALM = 11;
  private static final CharSequence CONTENT_TYPE = "content-type";
  private static final CharSequence TE = "te";
  private static final CharSequence TRAILERS = "trailers";

  private final LiveConnection connection;
  private final Buffer frame;
  private final FrameReader reader;
  private final Listener listener;
  private @Nullable HttpClientRequest request;
  private boolean done;

  /** Hears what comes back. */
  public interface Listener {
    /** A message. */
    void onMessage(byte[] message);

    /** The end. */
    void onEnd(CallStatus status);
  }

  /**
   * What to send.
   *
   * @param path the method
   * @param frame the message with its header
   * @param timeoutMillis the time the caller waits; 0 for no end
   * @param trace the trace for the metadata; empty for none
   * @param maxMessage bound of one answer
   */
  public record Outgoing(
      String path, Buffer frame, long timeoutMillis, String trace, int maxMessage) {}

  private GrpcExchange(LiveConnection connection, Outgoing outgoing, Listener listener) {
    this.connection = connection;
    this.frame = outgoing.frame();
    this.reader = new FrameReader(outgoing.maxMessage());
    this.listener = listener;
  }

  /** Starts an exchange, on the lane. */
  public static GrpcExchange start(
      LiveConnection connection, Outgoing outgoing, Listener listener) {
    GrpcExchange exchange = new GrpcExchange(connection, outgoing, listener);
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setURI(outgoing.path())
            .setHeaders(headers(outgoing));
    connection.http().request(options).onComplete(exchange::onStream);
    return exchange;
  }

  /** Gives up: the other end is told, the listener is not. On the lane. */
  public void cancel() {
    if (!done) {
      done = true;
      reset();
    }
  }

  private static MultiMap headers(Outgoing outgoing) {
    MultiMap headers = HttpHeaders.headers();
    headers.set(CONTENT_TYPE, GrpcHeaders.CONTENT_TYPE);
    headers.set(TE, TRAILERS);
    if (outgoing.timeoutMillis() > 0) {
      headers.set(GrpcHeaders.TIMEOUT, GrpcHeaders.timeout(outgoing.timeoutMillis()));
    }
    if (!outgoing.trace().isEmpty()) {
      headers.set(HeaderNames.TRACE, outgoing.trace());
    }
    return headers;
  }

  private void onStream(AsyncResult<HttpClientRequest> opened) {
    HttpClientRequest stream = opened.result();
    if (stream == null) {
      finish(unsent(opened.cause()));
    } else if (done || connection.gone()) {
      stream.reset(RESET_CANCEL).onFailure(e -> {});
      finish(unsent(null));
    } else {
      request = stream;
      stream.setChunked(true);
      stream.exceptionHandler(e -> finish(broken(e)));
      stream.response().onComplete(this::onResponse);
      stream.end(frame).onFailure(e -> finish(broken(e)));
    }
  }

  private void onResponse(AsyncResult<HttpClientResponse> arrived) {
    HttpClientResponse head = arrived.result();
    if (head == null) {
      finish(broken(arrived.cause()));
      return;
    }
    if (head.statusCode() != 200) {
      abort(CallStatus.of(ofHttp(head.statusCode()), "HTTP status " + head.statusCode()));
      return;
    }
    head.exceptionHandler(e -> finish(broken(e)));
    head.handler(this::onChunk);
    head.endHandler(v -> finish(end(head)));
  }

  private void onChunk(Buffer chunk) {
    CallStatus refusal = done ? null : reader.read(chunk, this::onMessage);
    if (refusal != null) {
      abort(refusal);
    }
  }

  private void onMessage(byte[] message) {
    if (!done) {
      listener.onMessage(message);
    }
  }

  private CallStatus end(HttpClientResponse head) {
    CallStatus status = GrpcHeaders.status(head.headers(), head.trailers());
    return status.ok() && !reader.clean()
        ? CallStatus.of(StatusCode.INTERNAL, "the answer ends within a message")
        : status;
  }

  private void abort(CallStatus status) {
    if (!done) {
      reset();
      finish(status);
    }
  }

  private void finish(CallStatus status) {
    if (!done) {
      done = true;
      listener.onEnd(status);
    }
  }

  private void reset() {
    HttpClientRequest stream = request;
    if (stream != null) {
      stream.reset(RESET_CANCEL).onFailure(e -> {});
    }
  }

  private static CallStatus unsent(@Nullable Throwable cause) {
    String text = cause == null ? "the connection is closing" : String.valueOf(cause.getMessage());
    return new CallStatus(StatusCode.UNAVAILABLE, text, true);
  }

  private static CallStatus broken(Throwable cause) {
    if (cause instanceof StreamResetException reset) {
      StatusCode code =
          reset.getCode() == RESET_CANCEL
              ? StatusCode.CANCELLED
              : reset.getCode() == RESET_REFUSED
                  ? StatusCode.UNAVAILABLE
                  : reset.getCode() == RESET_CALM
                      ? StatusCode.RESOURCE_EXHAUSTED
                      : StatusCode.INTERNAL;
      return CallStatus.of(code, "stream reset by the other end, code " + reset.getCode());
    }
    return CallStatus.of(StatusCode.UNAVAILABLE, "connection lost: " + cause.getMessage());
  }

  private static StatusCode ofHttp(int status) {
    return switch (status) {
      case 400 -> StatusCode.INTERNAL;
      case 401 -> StatusCode.UNAUTHENTICATED;
      case 403 -> StatusCode.PERMISSION_DENIED;
      case 404 -> StatusCode.UNIMPLEMENTED;
      case 429, 502, 503, 504 -> StatusCode.UNAVAILABLE;
      default -> StatusCode.UNKNOWN;
    };
  }
}
