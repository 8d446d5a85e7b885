package io.trestle.registry;

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
    String key = stream.toString();
    StreamEnd end =
        new StreamEnd(
            () ->
                bus.request(
                    Registrations.CLOSED,
                    new Registrations.Closed(stream, call.caller().instanceId())));
    end.release(bus.answer(Registrations.FRAME, key, frame -> send(frame, out)));
    end.release(bus.answer(Registrations.END, key, last -> end(last, out, end)));
    call.aborted().onComplete(a -> end.over());
    bus.request(Registrations.REGISTER, question(call, request, stream))
        .onSuccess(registered -> registered(end))
        .onFailure(
            e -> {
              out.fail(StreamEnd.status(e));
              end.over();
            });
  }

  /** Who left before the commit left before the registration: its end is told again. */
  private static void registered(StreamEnd end) {
    if (end.isOver()) {
      end.tell();
    }
  }

  private static Future<Taken> send(Registrations.Frame frame, Outbound<RegistryEvent> out) {
    return out.send(Frames.event(frame.content())).<Taken>map(new Taken()).recover(StreamEnd::gone);
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

  private static Future<Taken> end(End last, Outbound<RegistryEvent> out, StreamEnd end) {
    out.fail(GrpcFailure.of(StatusCode.of(last.number()), last.text()));
    end.over();
    return Future.succeededFuture(new Taken());
  }
}
