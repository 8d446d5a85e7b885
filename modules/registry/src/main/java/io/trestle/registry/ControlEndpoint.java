package io.trestle.registry;

import io.trestle.conversations.RuntimeFeature;
import io.trestle.conversations.Sessions;
import io.trestle.conversations.Sessions.Heard;
import io.trestle.conversations.Sessions.Kind;
import io.trestle.conversations.Sessions.Signal;
import io.trestle.kernel.Ids;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.Drain;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.protocol.v1.Welcome;
import io.vertx.core.Future;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/** {@code Control/Open}: a control stream as a session of the house. */
final class ControlEndpoint {
  private static final int PROTOCOL_VERSION = 1;

  private final Bus bus;
  private final Ids ids;
  private final String runtimeVersion;
  private final Supplier<List<RuntimeFeature>> features;

  ControlEndpoint(
      Bus bus, Ids ids, String runtimeVersion, Supplier<List<RuntimeFeature>> features) {
    this.bus = bus;
    this.ids = ids;
    this.runtimeVersion = runtimeVersion;
    this.features = features;
  }

  MethodHandler handler() {
    return new MethodHandler.ServerStreaming<>(
        Methods.OPEN.path(),
        Access.SERVICE,
        MethodHandler.DEFAULT_MAX_REQUEST_BYTES,
        OpenRequest.parser(),
        this::open);
  }

  private void open(Call call, OpenRequest request, Outbound<ServerControl> out) {
    UUID stream = ids.next();
    StreamEnd end =
        new StreamEnd(
            () ->
                bus.request(
                    Sessions.CLOSED, new Sessions.Closed(stream, call.caller().instanceId())));
    end.release(bus.answer(Sessions.SIGNAL, stream.toString(), signal -> signal(signal, out, end)));
    call.aborted().onComplete(a -> end.over());
    bus.request(Sessions.OPEN, question(call, request, stream))
        .onSuccess(opened -> welcome(call, opened, out, end))
        .onFailure(
            e -> {
              out.fail(StreamEnd.status(e));
              end.over();
            });
  }

  /** Who left before the Welcome left before the session began: its end is told again. */
  private void welcome(
      Call call, Sessions.Opened opened, Outbound<ServerControl> out, StreamEnd end) {
    if (end.isOver()) {
      end.tell();
    } else {
      out.send(welcome(call, opened)).onFailure(e -> {}); // a client that left says so by itself
    }
  }

  private Sessions.Open question(Call call, OpenRequest r, UUID stream) {
    return new Sessions.Open(
        stream,
        call.caller().serviceId(),
        call.caller().instanceId(),
        r.getProtocolVersion(),
        r.getSdkLanguage(),
        r.getSdkVersion());
  }

  private ServerControl welcome(Call call, Sessions.Opened opened) {
    return ServerControl.newBuilder()
        .setWelcome(
            Welcome.newBuilder()
                .setSessionId(opened.sessionId())
                .setServiceId(call.caller().serviceId().toString())
                .setServiceName(opened.serviceName())
                .setRuntimeVersion(runtimeVersion)
                .setProtocolVersion(PROTOCOL_VERSION)
                .addAllFeatures(features.get().stream().map(RuntimeFeature::name).toList()))
        .build();
  }

  private static Future<Heard> signal(Signal signal, Outbound<ServerControl> out, StreamEnd end) {
    if (signal.kind() == Kind.DRAIN) {
      return out.send(drain(signal.text())).<Heard>map(new Heard()).recover(StreamEnd::gone);
    }
    if (signal.number() == 0) {
      out.end();
    } else {
      out.fail(GrpcFailure.of(StatusCode.of(signal.number()), signal.text()));
    }
    end.over();
    return Future.succeededFuture(new Heard());
  }

  private static ServerControl drain(String reason) {
    return ServerControl.newBuilder().setDrain(Drain.newBuilder().setReason(reason)).build();
  }
}
