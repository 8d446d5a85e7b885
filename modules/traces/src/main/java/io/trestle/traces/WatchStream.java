package io.trestle.traces;

import com.google.protobuf.UnsafeByteOperations;
import io.trestle.conversations.Refused;
import io.trestle.conversations.TraceStreams;
import io.trestle.conversations.TraceStreams.Heard;
import io.trestle.conversations.TraceStreams.Item;
import io.trestle.conversations.TraceStreams.Items;
import io.trestle.conversations.TraceStreams.Taken;
import io.trestle.conversations.TraceStreams.Unwatch;
import io.trestle.conversations.TraceStreams.Watch;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.ext.v1.End;
import io.trestle.protocol.ext.v1.Gap;
import io.trestle.protocol.ext.v1.WatchMessage;
import io.trestle.protocol.ext.v1.WatchRequest;
import io.trestle.traces.core.ChunkRules;
import io.vertx.core.Future;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One open Watch stream. Thread: the event loop of the connection. */
final class WatchStream {
  private final ModuleContext house;
  private final Call call;
  private final Outbound<WatchMessage> out;
  private final UUID key;
  private Bus.@Nullable Registration answerer;
  private boolean over;

  WatchStream(ModuleContext house, Call call, Outbound<WatchMessage> out) {
    this.house = house;
    this.call = call;
    this.out = out;
    this.key = house.ids().next();
  }

  void begin(WatchRequest request) {
    UUID trace = UuidText.parse(request.getTraceId()).map(UUID::fromString).orElse(null);
    String wanted = request.getKey();
    String problem = wanted.isEmpty() ? null : ChunkRules.keyProblem(wanted);
    if (trace == null || problem != null || request.getFromSequence() < 0) {
      String why = trace == null ? "trace_id: (expected: a UUID)" : problem;
      out.fail(
          GrpcFailure.of(
              StatusCode.INVALID_ARGUMENT,
              why == null ? "from_sequence: negative (expected: 0 or more)" : why));
      return;
    }
    answerer = house.bus().answer(TraceStreams.DELIVER, key.toString(), this::deliver);
    call.aborted().onComplete(v -> gone());
    long after = Math.max(0, request.getFromSequence() - 1);
    house
        .bus()
        .request(
            TraceStreams.WATCH, new Watch(key, call.caller().instanceId(), trace, wanted, after))
        .onSuccess(
            v -> {
              if (over) {
                unwatch();
              }
            })
        .onFailure(
            e -> {
              unwatch(); // without an answer the watch may begin later
              fail(AppendStream.Statuses.of(e));
            });
  }

  private Future<Heard> deliver(Items items) {
    if (over) {
      return Future.failedFuture(Refused.of(Refused.Reason.CANCELLED, "the watch is over"));
    }
    Future<Void> sent = Future.succeededFuture();
    for (Item item : items.items()) {
      sent = sent.compose(v -> out.send(message(item)));
    }
    if (items.status().isEmpty()) {
      sent.compose(v -> house.bus().request(TraceStreams.TAKEN, new Taken(key)))
          .onFailure(e -> {}); // the call is over, which is heard of elsewhere
    } else {
      sent.compose(v -> out.send(complete(items.status()))).onComplete(v -> end());
    }
    return Future.succeededFuture(new Heard());
  }

  private static WatchMessage message(Item item) {
    WatchMessage.Builder message =
        WatchMessage.newBuilder().setSequence(item.sequence()).setKey(item.key());
    return item.dropped() > 0
        ? message.setGap(Gap.newBuilder().setDropped(item.dropped())).build()
        : message.setDataJson(UnsafeByteOperations.unsafeWrap(item.json())).build();
  }

  private static WatchMessage complete(String status) {
    return WatchMessage.newBuilder().setComplete(End.newBuilder().setStatus(status)).build();
  }

  private void end() {
    if (!over) {
      close();
      out.end();
    }
  }

  private void fail(GrpcFailure failure) {
    if (!over) {
      close();
      out.fail(failure);
    }
  }

  private void gone() {
    if (!over) {
      close();
      unwatch();
    }
  }

  private void close() {
    over = true;
    Bus.Registration open = answerer;
    if (open != null) {
      open.close();
    }
  }

  private void unwatch() {
    house
        .bus()
        .request(TraceStreams.UNWATCH, new Unwatch(key))
        .onFailure(e -> {}); // the owner is gone too
  }
}
