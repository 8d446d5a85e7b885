package io.trestle.kernel.gateway;

import io.trestle.kernel.gateway.GatewayMetrics.Reason;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Receives a request that is exactly one message. */
final class SingleMessage implements BodyReader.Sink {
  private final CallLife call;
  private final Consumer<Buffer> handler;
  private @Nullable Buffer only;

  SingleMessage(CallLife call, Consumer<Buffer> handler) {
    this.call = call;
    this.handler = handler;
  }

  @Override
  public @Nullable Future<Void> message(Buffer message) {
    if (only != null) {
      broken(malformed("more than one message"), Reason.MALFORMED);
    }
    only = message;
    return null;
  }

  @Override
  public void ended() {
    Buffer message = only;
    if (message == null) {
      broken(malformed("no message"), Reason.MALFORMED);
    } else {
      call.received();
      only = null; // what the handler makes of it may live long, its bytes need not
      handler.accept(message);
    }
  }

  @Override
  public void broken(GrpcFailure failure, Reason reason) {
    call.refuse(failure, reason);
  }

  private static GrpcFailure malformed(String what) {
    return GrpcFailure.of(StatusCode.INVALID_ARGUMENT, what + " (expected: one)");
  }
}
