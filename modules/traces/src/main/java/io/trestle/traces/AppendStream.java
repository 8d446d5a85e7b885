package io.trestle.traces;

import io.trestle.conversations.Refused;
import io.trestle.conversations.TraceStreams;
import io.trestle.conversations.TraceStreams.Append;
import io.trestle.conversations.TraceStreams.Word;
import io.trestle.conversations.TraceStreams.WritersGone;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.MethodHandler.Inbound;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.ext.v1.AppendAck;
import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.traces.core.ChunkRules;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One open Append stream. So much is under way at a time; who sends more waits. Thread: the event
 * loop of the connection.
 */
final class AppendStream implements Inbound<AppendMessage> {
  private static final int MAX_FLYING = 256;
  private static final long MAX_FLYING_BYTES = 2 << 20;

  private final ModuleContext house;
  private final Call call;
  private final Outbound<AppendAck> out;
  private final UUID key;
  private int flying;
  private long flyingBytes;
  private @Nullable Promise<Void> room;
  private boolean asked;
  private boolean half;
  private boolean over;

  AppendStream(ModuleContext house, Call call, Outbound<AppendAck> out) {
    this.house = house;
    this.call = call;
    this.out = out;
    this.key = house.ids().next();
    call.aborted().onComplete(v -> gone());
  }

  @Override
  public Future<Void> message(AppendMessage message) {
    if (over) {
      return Future.succeededFuture();
    }
    try {
      append(message);
    } catch (IllegalArgumentException e) {
      fail(GrpcFailure.of(StatusCode.INVALID_ARGUMENT, String.valueOf(e.getMessage())));
    }
    if (over || (flying < MAX_FLYING && flyingBytes < MAX_FLYING_BYTES)) {
      return Future.succeededFuture();
    }
    Promise<Void> waiting = Promise.promise();
    room = waiting;
    return waiting.future();
  }

  private void append(AppendMessage message) {
    UUID trace =
        UuidText.parse(message.getTraceId())
            .map(UUID::fromString)
            .orElseThrow(() -> new IllegalArgumentException("trace_id: (expected: a UUID)"));
    Word word = word(message);
    Append question =
        new Append(
            key,
            call.caller().serviceId(),
            call.caller().instanceId(),
            trace,
            message.getWriter(),
            message.getClientSeq(),
            word);
    int bytes = message.getDataJson().size();
    flying++;
    flyingBytes += bytes;
    asked = true;
    house
        .bus()
        .request(TraceStreams.APPEND, question)
        .compose(
            done ->
                over || word instanceof TraceStreams.Opened
                    ? Future.<Void>succeededFuture()
                    : out.send(ack(message, done.sequence())))
        .onComplete(done -> landed(bytes, done.cause()));
  }

  private static AppendAck ack(AppendMessage message, long sequence) {
    return AppendAck.newBuilder()
        .setClientSeq(message.getClientSeq())
        .setSequence(sequence)
        .build();
  }

  private void landed(int bytes, @Nullable Throwable failure) {
    flying--;
    flyingBytes -= bytes;
    if (failure != null) {
      fail(Statuses.of(failure));
    }
    Promise<Void> waiting = room;
    room = null;
    if (waiting != null) {
      waiting.complete();
    }
    endIfDone();
  }

  private static Word word(AppendMessage message) {
    return switch (message.getKindCase()) {
      case DATA_JSON -> {
        check(ChunkRules.keyProblem(message.getKey()));
        byte[] json = message.getDataJson().toByteArray();
        check(JsonText.problem(json));
        yield new TraceStreams.Chunk(message.getKey(), json);
      }
      case GAP -> {
        check(ChunkRules.keyProblem(message.getKey()));
        check(message.getGap().getDropped() > 0 ? null : "dropped: (expected: 1 or more)");
        yield new TraceStreams.Gap(message.getKey(), message.getGap().getDropped());
      }
      case END -> {
        check(ChunkRules.statusProblem(message.getEnd().getStatus()));
        yield new TraceStreams.Ended(message.getEnd().getStatus());
      }
      case OPEN -> new TraceStreams.Opened();
      case KIND_NOT_SET ->
          throw new IllegalArgumentException("kind: none (expected: data_json, gap, open or end)");
    };
  }

  private static void check(@Nullable String problem) {
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
  }

  @Override
  public void halfClosed() {
    half = true;
    endIfDone();
  }

  private void endIfDone() {
    if (half && !over && flying == 0) {
      out.end();
      gone();
    }
  }

  private void fail(GrpcFailure failure) {
    if (!over) {
      out.fail(failure);
      gone();
    }
  }

  private void gone() {
    if (!over) {
      over = true;
      if (asked) {
        house
            .bus()
            .request(TraceStreams.WRITERS_GONE, new WritersGone(key))
            .onFailure(e -> {}); // the owner is gone too
      }
    }
  }

  /** What a refusal is on the wire. */
  static final class Statuses {
    private Statuses() {}

    static GrpcFailure of(Throwable cause) {
      return cause instanceof Refused refused
          ? GrpcFailure.of(
              StatusCode.of(refused.reason().number()), String.valueOf(refused.getMessage()))
          : GrpcFailure.of(StatusCode.UNAVAILABLE, "trace streams are not available");
    }
  }
}
