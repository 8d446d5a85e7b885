package io.trestle.registry;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.bus.Bus.Registration;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The end of one stream, whoever ends it: its answerers on the bus are released and the registry is
 * told. Thread: the event loop of the connection.
 */
final class StreamEnd {
  private final Supplier<Future<?>> closed;
  private final List<Registration> answerers = new ArrayList<>();
  private boolean over;

  StreamEnd(Supplier<Future<?>> closed) {
    this.closed = closed;
  }

  /** Closes the answerer with the stream. */
  void release(Registration answerer) {
    answerers.add(answerer);
  }

  boolean isOver() {
    return over;
  }

  /** The stream is over. Idempotent. */
  void over() {
    if (!over) {
      over = true;
      answerers.forEach(Registration::close);
      tell();
    }
  }

  /** Tells the registry; what it does not know it ignores. */
  void tell() {
    closed.get().onFailure(e -> {}); // the registry is gone, and with it what it knew
  }

  /** What was sent to a stream that is over. An ordinary end, not a fault. */
  static <T> Future<T> gone(Throwable cause) {
    return Future.failedFuture(
        Refused.withoutEffect(Reason.UNAVAILABLE, "stream over: " + cause.getMessage()));
  }

  /**
   * A refusal of the registry as a status; anything else is a fault of ours that a retry may heal.
   */
  static GrpcFailure status(Throwable failure) {
    if (failure instanceof Refused refused) {
      StatusCode code = StatusCode.of(refused.reason().number());
      String text = String.valueOf(refused.getMessage());
      return refused.withoutEffect()
          ? GrpcFailure.notDispatched(code, text)
          : GrpcFailure.of(code, text);
    }
    return GrpcFailure.of(StatusCode.UNAVAILABLE, "registry not available");
  }
}
