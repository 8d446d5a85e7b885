package io.trestle.kernel.gateway;

import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.GrpcHeaders;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Consumer;

/**
 * Writes the response of one call in gRPC's form. The caller sees to it that nothing follows the
 * end. Thread: the event loop of the connection.
 *
 * <p>An answer may come before the client has sent everything. What still arrives is then thrown
 * away for a moment, because clients end their half by themselves when they see the answer; one
 * that does not is told by a reset without error, so that no half-open call stays behind.
 */
final class ResponseWriter {
  private static final String CONTENT_TYPE = "application/grpc";
  private static final int AT_ONCE = 16 << 10;
  private static final long NO_ERROR = 0;
  private static final long ENHANCE_YOUR_CALM = 11;

  private final Loop loop;
  private final GatewayOptions options;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private Future<Void> lastMessage = Future.succeededFuture();

  ResponseWriter(Loop loop, GatewayOptions options, HttpServerRequest request) {
    this.loop = loop;
    this.options = options;
    this.request = request;
    this.response = request.response();
  }

  /** Answers with an HTTP status, for what is not gRPC. */
  void http(int status) {
    letGo(response.setStatusCode(status).end());
  }

  /** One message of many; completes when the network has taken it. */
  Future<Void> message(Buffer frame) {
    head();
    lastMessage = response.write(frame);
    return lastMessage;
  }

  /** The only message, and OK. */
  Future<Void> only(Buffer frame) {
    if (frame.length() > AT_ONCE) {
      message(frame);
      return end();
    }
    head();
    status(response.trailers(), StatusCode.OK);
    return letGo(response.end(frame));
  }

  /** OK after any number of messages. */
  Future<Void> end() {
    return afterMessages(trailers -> status(trailers, StatusCode.OK));
  }

  /** Any other status, before or after messages. */
  Future<Void> fail(GrpcFailure failure) {
    return afterMessages(trailers -> failure(trailers, failure));
  }

  /** Like {@link #fail}, and what the client does not take soon is thrown away. */
  Future<Void> failHard(GrpcFailure failure) {
    Future<Void> written = fail(failure);
    if (!written.isComplete()) {
      loop.after(options.linger(), () -> resetUnless(written.isComplete()));
    }
    return written;
  }

  private void resetUnless(boolean done) {
    if (!done) {
      response.reset(ENHANCE_YOUR_CALM);
    }
  }

  private Future<Void> afterMessages(Consumer<MultiMap> status) {
    return lastMessage.isComplete()
        ? trailers(status)
        : lastMessage.transform(taken -> trailers(status));
  }

  // Without a message before it the status travels in the headers.
  private Future<Void> trailers(Consumer<MultiMap> status) {
    if (response.closed()) {
      return Future.failedFuture("the stream is closed");
    }
    boolean first = !response.headWritten();
    head();
    status.accept(first ? response.headers() : response.trailers());
    return letGo(response.end());
  }

  private Future<Void> letGo(Future<Void> written) {
    return written.onComplete(
        done -> {
          if (!request.isEnded()) {
            loop.after(options.linger(), this::resetUnlessEnded);
          }
        });
  }

  private void resetUnlessEnded() {
    if (!request.isEnded()) {
      response.reset(NO_ERROR);
    }
  }

  private void head() {
    if (!response.headWritten()) {
      response.putHeader("content-type", CONTENT_TYPE);
    }
  }

  private static void failure(MultiMap trailers, GrpcFailure failure) {
    status(trailers, failure.status());
    String message = failure.getMessage();
    if (message != null && !message.isEmpty()) {
      trailers.set("grpc-message", GrpcHeaders.encode(message));
    }
    if (failure.notDispatched()) {
      trailers.set(HeaderNames.NOT_DISPATCHED, HeaderNames.NOT_DISPATCHED_VALUE);
    }
  }

  private static void status(MultiMap trailers, StatusCode status) {
    trailers.set("grpc-status", Integer.toString(status.number()));
  }
}
