package io.trestle.rpc;

import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.rpc.core.Verdict;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One forwarded call on an open stream: writes the request once and reads the end of it. From the
 * moment of writing on the outcome is the callee's to tell; a stream that ends without a status is
 * an unknown outcome.
 */
final class Attempt {
  private static final ServiceName CALL = ServiceName.create("servicebridge.v1", "Call");

  private final GrpcClientRequest<Buffer, Buffer> stream;
  private final Promise<Ended> ended = Promise.promise();
  private @Nullable Buffer reply;

  /** How it ended. {@code reply} is null unless the verdict is an answer. */
  record Ended(Verdict verdict, @Nullable Buffer reply) {}

  private Attempt(GrpcClientRequest<Buffer, Buffer> stream) {
    this.stream = stream;
  }

  static Attempt start(
      GrpcClientRequest<Buffer, Buffer> stream, Buffer body, String trace, long timeoutMillis) {
    Attempt attempt = new Attempt(stream);
    attempt.write(body, trace, timeoutMillis);
    return attempt;
  }

  Future<Ended> ended() {
    return ended.future();
  }

  void cancel() {
    stream.cancel();
  }

  private void write(Buffer body, String trace, long timeoutMillis) {
    stream.serviceName(CALL).methodName(Methods.CALL_UNARY.name());
    stream.timeout(timeoutMillis, TimeUnit.MILLISECONDS);
    if (!trace.isEmpty()) {
      stream.headers().set(HeaderNames.TRACE, trace);
    }
    stream.exceptionHandler(e -> end(Verdict.outcomeUnknown()));
    stream.response().onSuccess(this::read).onFailure(e -> end(Verdict.outcomeUnknown()));
    stream.end(body).onFailure(e -> end(Verdict.outcomeUnknown()));
  }

  private void read(GrpcClientResponse<Buffer, Buffer> response) {
    response.exceptionHandler(e -> end(Verdict.outcomeUnknown()));
    response.errorHandler(e -> end(Verdict.outcomeUnknown()));
    response.messageHandler(message -> reply = message.payload());
    response.end().onComplete(done -> finish(response));
  }

  private void finish(GrpcClientResponse<Buffer, Buffer> response) {
    @Nullable GrpcStatus status = response.status();
    if (status == null) {
      end(Verdict.outcomeUnknown());
    } else if (status == GrpcStatus.OK && reply == null) {
      end(new Verdict.Final(StatusCode.INTERNAL, "callee answered OK without a message"));
    } else {
      boolean notDispatched =
          HeaderNames.NOT_DISPATCHED_VALUE.equals(field(response, HeaderNames.NOT_DISPATCHED));
      end(Verdict.status(StatusCode.of(status.code), text(response), notDispatched));
    }
  }

  private void end(Verdict verdict) {
    ended.tryComplete(new Ended(verdict, verdict instanceof Verdict.Answer ? reply : null));
  }

  private static String text(GrpcClientResponse<Buffer, Buffer> response) {
    String encoded = field(response, "grpc-message");
    if (encoded == null) {
      return "";
    }
    try {
      return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return encoded;
    }
  }

  /** Trailers stand in the headers when the answer has no message, in the trailers otherwise. */
  private static @Nullable String field(GrpcClientResponse<Buffer, Buffer> response, String name) {
    MultiMap trailers = response.trailers();
    @Nullable String value = trailers == null ? null : trailers.get(name);
    return value == null ? response.headers().get(name) : value;
  }
}
