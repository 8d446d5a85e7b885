package io.trestle.kernel.gateway;

import com.google.protobuf.Empty;
import com.google.protobuf.StringValue;
import io.trestle.conversations.Refused;
import io.trestle.kernel.gateway.MethodHandler.Bidirectional;
import io.trestle.kernel.gateway.MethodHandler.Inbound;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.kernel.gateway.MethodHandler.RawUnary;
import io.trestle.kernel.gateway.MethodHandler.ServerStreaming;
import io.trestle.kernel.gateway.MethodHandler.Unary;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** One method of each kind, with handlers that tests can look into. */
final class TestMethods {
  static final String PACKAGE = "test.v1";
  static final String UNARY = "/test.v1.Echo/Unary";
  static final String RAW = "/test.v1.Echo/Raw";
  static final String SLOW = "/test.v1.Echo/Slow";
  static final String WATCH = "/test.v1.Echo/Watch";
  static final String CHAT = "/test.v1.Echo/Chat";
  static final String ANYBODY = "/test.v1.Echo/Anybody";
  static final String NOBODY = "/test.v1.Echo/Nobody";
  static final int SMALL = 16 << 10;

  private static final int LARGE = MethodHandler.DEFAULT_MAX_REQUEST_BYTES;

  /** Answers of {@link #SLOW}, by request. */
  final Map<String, Promise<StringValue>> slow = new ConcurrentHashMap<>();

  /** Calls that were handed to a handler. */
  final List<Call> calls = new CopyOnWriteArrayList<>();

  /** Calls whose {@link Call#aborted} completed. */
  final List<Call> aborted = new CopyOnWriteArrayList<>();

  /** Open streams of {@link #WATCH}. */
  final List<Outbound<StringValue>> watchers = new CopyOnWriteArrayList<>();

  /** Messages that {@link #CHAT} received and that are not acknowledged. */
  final List<Promise<Void>> unacknowledged = new CopyOnWriteArrayList<>();

  volatile boolean chatHolds;

  /** Thread of the latest call: an event loop of the listener. */
  volatile @Nullable Thread loop;

  List<MethodHandler> all() {
    return List.of(
        new Unary<>(UNARY, Access.SERVICE, LARGE, StringValue.parser(), this::unary),
        new RawUnary(
            RAW,
            Access.SERVICE,
            LARGE,
            (call, request) -> Future.succeededFuture(Frames.frame(request.getBytes()))),
        new Unary<>(SLOW, Access.SERVICE, LARGE, StringValue.parser(), this::slow),
        new ServerStreaming<>(WATCH, Access.SERVICE, LARGE, StringValue.parser(), this::watch),
        Bidirectional.of(CHAT, Access.SERVICE, LARGE, StringValue.parser(), this::chat),
        new Unary<>(ANYBODY, Access.ANYBODY, SMALL, StringValue.parser(), this::unary),
        new Unary<Empty, Empty>(
            NOBODY, Access.NOBODY, LARGE, Empty.parser(), (call, r) -> Future.succeededFuture(r)));
  }

  /** Answers the call of {@link #SLOW} with this request. */
  void finishSlow(String request, String answer) {
    Promise<StringValue> promise = slow.get(request);
    if (promise == null) {
      throw new AssertionError("no call " + request);
    }
    promise.complete(StringValue.of(answer));
  }

  private Future<StringValue> unary(Call call, StringValue request) {
    noted(call);
    return switch (request.getValue()) {
      case "refused" -> Future.failedFuture(Refused.of(Refused.Reason.NOT_FOUND, "no ünit %"));
      case "without effect" ->
          Future.failedFuture(Refused.withoutEffect(Refused.Reason.OVERLOADED, "full"));
      case "failure" -> Future.failedFuture(GrpcFailure.of(StatusCode.ABORTED, "replaced"));
      case "bug" -> throw new IllegalStateException("secret");
      case "async bug" -> Future.failedFuture(new IllegalStateException("secret"));
      default -> Future.succeededFuture(request);
    };
  }

  private Future<StringValue> slow(Call call, StringValue request) {
    noted(call);
    return slow.computeIfAbsent(request.getValue(), key -> Promise.promise()).future();
  }

  private void watch(Call call, StringValue request, Outbound<StringValue> out) {
    noted(call);
    watchers.add(out);
    out.send(request);
  }

  private Inbound<StringValue> chat(Call call, Outbound<StringValue> out) {
    noted(call);
    return new Inbound<>() {
      @Override
      public Future<Void> message(StringValue message) {
        if (!chatHolds) {
          return out.send(message);
        }
        Promise<Void> acknowledged = Promise.promise();
        unacknowledged.add(acknowledged);
        return acknowledged.future();
      }

      @Override
      public void halfClosed() {
        out.end();
      }
    };
  }

  private void noted(Call call) {
    loop = Thread.currentThread();
    calls.add(call);
    call.aborted().onComplete(v -> aborted.add(call));
  }
}
