package io.trestle.rpc;

import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.rpc.core.Forward;
import io.trestle.rpc.core.Verdict;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcMessage;
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

  private static final String IDENTITY = "identity";

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

  /** Ends the attempt; whether the callee did something is unknown. */
  void cancel() {
    stream.cancel();
    end(Verdict.outcomeUnknown());
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
    response.invalidMessageHandler(e -> refuse(tooLarge()));
    response.messageHandler(this::take);
    response.end().onComplete(done -> finish(response));
  }

  private void take(GrpcMessage message) {
    if (!IDENTITY.equals(message.encoding())) {
      refuse(new Verdict.Final(StatusCode.INTERNAL, "callee answered a compressed message"));
    } else if (message.payload().length() > Forward.MAX_BYTES) {
      refuse(tooLarge());
    } else {
      reply = message.payload();
    }
  }

  private void refuse(Verdict verdict) {
    end(verdict);
    stream.cancel();
  }

  private static Verdict tooLarge() {
    return new Verdict.Final(
        StatusCode.RESOURCE_EXHAUSTED,
        "reply: too large (expected: at most " + Forward.MAX_BYTES + " bytes)");
  }

  private void finish(GrpcClientResponse<Buffer, Buffer> response) {
    @Nullable StatusCode status = status(response);
    if (status == null) {
      end(Verdict.outcomeUnknown());
    } else if (status == StatusCode.OK && reply == null) {
      end(new Verdict.Final(StatusCode.INTERNAL, "callee answered OK without a message"));
    } else {
      boolean notDispatched =
          HeaderNames.NOT_DISPATCHED_VALUE.equals(field(response, HeaderNames.NOT_DISPATCHED));
      end(Verdict.status(status, text(response), notDispatched));
    }
  }

  /** Null when the stream broke. A number that is no status is one that we do not know. */
  private static @Nullable StatusCode status(GrpcClientResponse<Buffer, Buffer> response) {
    @Nullable GrpcStatus status = response.status();
    if (status != null) {
      return StatusCode.of(status.code);
    }
    return field(response, "grpc-status") == null ? null : StatusCode.UNKNOWN;
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
