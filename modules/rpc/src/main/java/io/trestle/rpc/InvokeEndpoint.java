package io.trestle.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.policy.CallKind;
import io.trestle.protocol.policy.Denial;
import io.trestle.protocol.transport.Transport;
import io.trestle.rpc.core.CallGate;
import io.trestle.rpc.core.CallTable;
import io.trestle.rpc.core.Forward;
import io.trestle.rpc.core.IdempotencyKey;
import io.trestle.rpc.core.IdempotencyRules;
import io.trestle.rpc.core.Selection;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** {@code Invoke}: bytes in, bytes out. */
final class InvokeEndpoint {
  private final ModuleContext house;
  private final CallTable table;
  private final CallGate gate;
  private final CalleeClients callees;
  private final Outcomes outcomes;
  private final IdempotencyDesk desk;
  private final RandomGenerator random = RandomGenerator.getDefault();

  InvokeEndpoint(
      ModuleContext house,
      CallTable table,
      CallGate gate,
      CalleeClients callees,
      Outcomes outcomes,
      IdempotencyDesk desk) {
    this.house = house;
    this.table = table;
    this.gate = gate;
    this.callees = callees;
    this.outcomes = outcomes;
    this.desk = desk;
  }

  MethodHandler unary() {
    return new MethodHandler.RawUnary(
        Methods.INVOKE_UNARY.path(), Access.SERVICE, Transport.MAX_MESSAGE, this::unary);
  }

  MethodHandler stream() {
    return new MethodHandler.RawStreaming(
        Methods.INVOKE_STREAM.path(), Access.SERVICE, Transport.MAX_MESSAGE, this::stream);
  }

  private Future<Buffer> unary(Call call, Buffer request) {
    Forward forward = forward(call, request);
    return forward.call().getIdempotencyKey().isEmpty()
        ? plain(call, forward)
        : keyed(call, forward);
  }

  private Future<Buffer> plain(Call call, Forward forward) {
    ProxyCall proxy = proxy(forward, ProxyCall.Time.of(call, house.clock(), 0));
    call.aborted().onComplete(gone -> proxy.abandon());
    return proxy.run().compose(Attempt.Ended::answer);
  }

  private Future<Buffer> keyed(Call call, Forward forward) {
    UUID caller = call.caller().serviceId();
    IdempotencyKey key = IdempotencyKey.of(caller, forward);
    ProxyCall.Time time = ProxyCall.Time.of(call, house.clock(), IdempotencyRules.GRACE_MILLIS);
    KeyedCall.Request asked =
        new KeyedCall.Request(
            key,
            key.id(),
            IdempotencyRules.hash(forward.call().getPayload()),
            time,
            forward.call().getSerializedSize(),
            () -> admit(caller, forward),
            () -> proxy(forward, time).run());
    KeyedCall keyed = new KeyedCall(house.vertx(), house.clock(), desk, asked);
    call.aborted().onComplete(gone -> keyed.leave());
    return keyed.run();
  }

  private ProxyCall proxy(Forward forward, ProxyCall.Time time) {
    return new ProxyCall(
        house.vertx(),
        house.clock(),
        callees.ofCalls(),
        outcomes,
        forward,
        selection(forward),
        time);
  }

  private void stream(Call call, Buffer request, MethodHandler.Outbound<Buffer> out) {
    Forward forward = forward(call, request);
    new ProxyStream(
            house.vertx(),
            house.clock(),
            callees.ofStreams(),
            outcomes,
            forward,
            selection(forward),
            call,
            out)
        .run();
  }

  private Forward forward(Call call, Buffer request) {
    Forward forward =
        Forward.of(
            UnsafeByteOperations.unsafeWrap(((BufferInternal) request).getByteBuf().nioBuffer()),
            call.caller().serviceId(),
            call.headers().get(HeaderNames.TRACE));
    admit(call.caller().serviceId(), forward);
    return forward;
  }

  private Selection selection(Forward forward) {
    var candidates = table.candidates(forward.target(), forward.method(), forward.contractHash());
    return new Selection(candidates, forward.excluded(), table.inFlight(), random);
  }

  /** Both refusals are permanent: nobody may try again elsewhere, so neither has the trailer. */
  private void admit(UUID caller, Forward forward) {
    UUID target = forward.target();
    if (!table.knows(target)) {
      throw GrpcFailure.of(
          StatusCode.NOT_FOUND, "target_service_id: " + target + " is not a service");
    }
    Denial denial = gate.denial(caller, target, forward.method());
    if (denial != null) {
      throw GrpcFailure.of(
          StatusCode.PERMISSION_DENIED,
          denial.text(CallKind.RPC, table.name(caller), table.name(target), forward.method()));
    }
  }
}
