package io.trestle.registry;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Registrations.End;
import io.trestle.conversations.Registrations.Taken;
import io.trestle.kernel.Ids;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.vertx.core.Future;
import java.util.UUID;

/** {@code Registry/RegisterAndWatch}: a registry stream as a registration and its view. */
final class RegistrationEndpoint {
  private final Bus bus;
  private final Ids ids;

  RegistrationEndpoint(Bus bus, Ids ids) {
    this.bus = bus;
    this.ids = ids;
  }

  MethodHandler handler() {
    return new MethodHandler.ServerStreaming<>(
        Methods.REGISTER_AND_WATCH.path(),
        Access.SERVICE,
        MethodHandler.DEFAULT_MAX_REQUEST_BYTES,
        RegisterRequest.parser(),
        this::register);
  }

  private void register(Call call, RegisterRequest request, Outbound<RegistryEvent> out) {
    UUID stream = ids.next();
    UUID instance = call.caller().instanceId();
    String key = stream.toString();
    var frames =
        bus.answer(
            Registrations.FRAME, key, f -> out.send(Frames.event(f.content())).map(new Taken()));
    var ends = bus.answer(Registrations.END, key, end -> end(end, out));
    Runnable over =
        () -> {
          frames.close();
          ends.close();
          bus.request(Registrations.CLOSED, new Registrations.Closed(stream, instance))
              .onFailure(e -> {}); // the registry is gone, and with it the registration
        };
    call.aborted().onComplete(a -> over.run());
    bus.request(Registrations.REGISTER, question(call, request, stream))
        .onFailure(
            e -> {
              out.fail(status(e));
              over.run();
            });
  }

  private static Registrations.Register question(Call call, RegisterRequest r, UUID stream) {
    return new Registrations.Register(
        stream,
        call.caller().serviceId(),
        call.caller().instanceId(),
        r.getProtocolVersion(),
        r.getSdkLanguage(),
        r.getSdkVersion(),
        Translation.declaration(r));
  }

  private static Future<Taken> end(End end, Outbound<RegistryEvent> out) {
    out.fail(GrpcFailure.of(StatusCode.of(end.number()), end.text()));
    return Future.succeededFuture(new Taken());
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
