package io.trestle.sdk.internal.traces;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.ext.v1.AppendAck;
import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.protocol.ext.v1.End;
import io.trestle.protocol.ext.v1.Open;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.protocol.wire.UnreachableException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.session.ReconnectLadder;
import io.trestle.sdk.internal.traces.AppendQueue.Entry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Brings what handlers write to the runtime. Handlers put messages into the queue on any thread;
 * the lane sends them on one stream, {@link #FLYING} at a time, and takes the acknowledgements. A
 * stream that is lost is opened again after a pause; open writers are told first, then everything
 * that was not acknowledged goes again, in order, under the numbers it had.
 */
final class TraceAppender implements TraceWriters {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.traces");
  private static final int FLYING = 256;
  private static final long AGAIN_NANOS = 50_000_000;

  private final PinnedChannel channel;
  private final Lane lane;
  private final ReconnectLadder ladder;
  private final AppendQueue queue;
  private final Map<Long, String> open = new LinkedHashMap<>();
  private long writers;
  private boolean waking;
  private boolean closed;
  private boolean unsupported;

  // ---- of the lane
  private @Nullable Stream stream;
  private Lane.@Nullable Timer retry;
  private @Nullable Promise<Void> drained;
  private boolean welcomed;
  private int failures;

  TraceAppender(PinnedChannel channel, InstantSource clock, ReconnectLadder ladder) {
    this.channel = channel;
    this.lane = channel.lane();
    this.ladder = ladder;
    // Larger than all numbers of an earlier life of this instance, should there be one.
    this.queue = new AppendQueue(clock.millis() << 20);
  }

  @Override
  public TraceWriter open(String traceId) {
    Handle handle;
    synchronized (queue) {
      handle = new Handle(traceId, ++writers);
      if (!closed) {
        open.put(handle.number, traceId);
      }
    }
    wake();
    return handle;
  }

  private static AppendMessage.Builder word(String traceId, long writer) {
    return AppendMessage.newBuilder().setTraceId(traceId).setWriter(writer);
  }

  /** The stream of one handler. */
  private final class Handle implements TraceWriter {
    private final String traceId;
    private final long number;
    private boolean over;
    private boolean said;

    Handle(String traceId, long number) {
      this.traceId = traceId;
      this.number = number;
    }

    @Override
    public String traceId() {
      return traceId;
    }

    @Override
    public CompletionStage<Long> write(String json, String key) {
      CompletableFuture<Long> stored = new CompletableFuture<>();
      byte[] bytes;
      try {
        bytes = Chunks.checked(json, key);
      } catch (ValidationException e) {
        stored.completeExceptionally(e);
        return stored;
      }
      List<CompletableFuture<Long>> refused;
      synchronized (queue) {
        if (over || closed || unsupported) {
          stored.completeExceptionally(new StateException("the trace stream has ended"));
          return stored;
        }
        said = true;
        AppendMessage.Builder chunk =
            word(traceId, number).setKey(key).setDataJson(UnsafeByteOperations.unsafeWrap(bytes));
        queue.add(chunk, stored, stream != null);
        refused = queue.takeRefused();
      }
      fail(refused, AppendQueue.givenUp());
      wake();
      return stored;
    }

    @Override
    public void ended(boolean well) {
      synchronized (queue) {
        if (over || closed || unsupported) {
          over = true;
          return;
        }
        over = true;
        open.remove(number);
        if (said || stream != null) {
          End end = End.newBuilder().setStatus(well ? "success" : "error").build();
          queue.add(word(traceId, number).setEnd(end), null, stream != null);
        }
      }
      wake();
    }
  }

  private static void fail(List<CompletableFuture<Long>> waiting, ServiceBridgeException why) {
    waiting.forEach(stored -> stored.completeExceptionally(why));
  }

  private void wake() {
    synchronized (queue) {
      if (waking || closed) {
        return;
      }
      waking = true;
    }
    try {
      lane.later(this::turn);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "a handler has written after the bridge ended");
    }
  }

  // ---- on the lane

  /** The runtime has welcomed this instance; any thread. */
  void welcomed() {
    lane.execute(
        () -> {
          welcomed = true;
          turn();
        });
  }

  /** The session is gone; any thread. */
  void sessionClosed() {
    lane.execute(
        () -> {
          welcomed = false;
          failures = 0;
          Lane.Timer pending = retry;
          retry = null;
          if (pending != null) {
            pending.cancel();
          }
          Stream lost = stream;
          if (lost != null) {
            lost.cancel();
            lose(lost);
          }
        });
  }

  /** Completes when everything is stored, or nothing can be; any thread. */
  Future<Void> drain() {
    Promise<Void> done = Promise.promise();
    lane.execute(
        () -> {
          drained = done;
          turn();
        });
    return done.future();
  }

  /** Gives up what is left; any thread. */
  void close() {
    List<CompletableFuture<Long>> waiting;
    synchronized (queue) {
      closed = true;
      open.clear();
      waiting = queue.clear();
    }
    fail(waiting, AppendQueue.givenUp());
    sessionClosed();
  }

  private void turn() {
    boolean idle;
    synchronized (queue) {
      waking = false;
      idle = (queue.isEmpty() && open.isEmpty()) || closed || unsupported;
    }
    Stream current = stream;
    if (current != null) {
      current.pump();
    } else if (welcomed && retry == null && !idle) {
      Stream made = new Stream();
      synchronized (queue) {
        stream = made;
      }
      channel.connect(made);
    }
    tellDrained();
  }

  private void tellDrained() {
    Promise<Void> waiting = drained;
    boolean empty;
    synchronized (queue) {
      empty = queue.isEmpty();
    }
    if (waiting != null && (empty || !welcomed)) {
      drained = null;
      waiting.complete();
    }
  }

  private void lose(Stream which) {
    List<CompletableFuture<Long>> refused;
    synchronized (queue) {
      if (stream != which) {
        return;
      }
      stream = null;
      queue.lost();
      refused = queue.takeRefused();
    }
    fail(refused, AppendQueue.givenUp());
  }

  private void ended(Stream which, CallStatus status) {
    if (stream != which) {
      return;
    }
    if (status.code() == StatusCode.UNIMPLEMENTED) {
      giveUp();
    } else if (status.code() == StatusCode.INVALID_ARGUMENT) {
      synchronized (queue) {
        queue.refuseFlying();
      }
    }
    lose(which);
    failures++;
    long pause = ladder.pause(failures, ThreadLocalRandom.current().nextDouble()).toNanos();
    LOG.log(
        Level.DEBUG,
        "append_ended status={0} reason={1} attempt={2}",
        status.code(),
        status.message(),
        failures);
    if (welcomed) {
      retry =
          lane.schedule(
              pause,
              () -> {
                retry = null;
                turn();
              });
    }
  }

  private void giveUp() {
    LOG.log(Level.WARNING, "this runtime has no trace streams: what handlers write is dropped");
    List<CompletableFuture<Long>> waiting;
    synchronized (queue) {
      unsupported = true;
      open.clear();
      waiting = queue.clear();
    }
    fail(waiting, new StateException("this runtime has no trace streams"));
  }

  /** One Append stream. */
  private final class Stream implements GrpcExchange.Listener, PinnedChannel.Waiter {
    private final Set<Long> told = new HashSet<>();
    private @Nullable GrpcExchange exchange;

    @Override
    public void connected(LiveConnection live) {
      if (stream != this) {
        return;
      }
      AppendMessage first = first();
      if (first == null) {
        lose(this);
        return;
      }
      GrpcExchange.Outgoing outgoing =
          new GrpcExchange.Outgoing(
              ExtensionMethods.TRACES_APPEND.path(),
              Frames.of(first),
              0,
              "",
              Transport.MAX_MESSAGE);
      exchange = GrpcExchange.converse(live, outgoing, this);
      pump();
    }

    /** What the stream begins with; null when there is nothing to say after all. */
    private @Nullable AppendMessage first() {
      synchronized (queue) {
        for (Map.Entry<Long, String> writer : open.entrySet()) {
          told.add(writer.getKey());
          return opened(writer.getKey(), writer.getValue());
        }
        List<Entry> next = queue.take(1);
        return next.isEmpty() ? null : next.get(0).message();
      }
    }

    private static AppendMessage opened(long writer, String traceId) {
      return word(traceId, writer).setOpen(Open.getDefaultInstance()).build();
    }

    private boolean say(AppendMessage message) {
      GrpcExchange current = exchange;
      return current != null && current.send(Frames.of(message));
    }

    /** Tells new writers, and sends what may be on its way. */
    void pump() {
      if (exchange == null) {
        return;
      }
      Map<Long, String> fresh;
      List<Entry> next;
      synchronized (queue) {
        fresh = new LinkedHashMap<>(open);
        next = queue.take(FLYING);
      }
      told.retainAll(fresh.keySet());
      fresh.keySet().removeAll(told);
      boolean refused = false;
      for (Map.Entry<Long, String> writer : fresh.entrySet()) {
        refused |= refused || !say(opened(writer.getKey(), writer.getValue()));
        if (!refused) {
          told.add(writer.getKey());
        }
      }
      for (Entry entry : next) {
        refused |= refused || !say(entry.message());
        if (refused) {
          synchronized (queue) {
            queue.giveBack(entry);
          }
        }
      }
      if (refused) {
        lane.schedule(AGAIN_NANOS, TraceAppender.this::turn);
      }
    }

    @Override
    public void onMessage(ByteBuf message) {
      AppendAck ack;
      try {
        ack = AppendAck.parseFrom(ByteBufUtil.getBytes(message));
      } catch (InvalidProtocolBufferException e) {
        cancel();
        onEnd(CallStatus.of(StatusCode.INTERNAL, "an acknowledgement does not decode"));
        return;
      }
      failures = 0;
      CompletableFuture<Long> stored;
      synchronized (queue) {
        stored = queue.stored(ack.getClientSeq());
      }
      if (stored != null && ack.getSequence() > 0) {
        stored.complete(ack.getSequence());
      } else if (stored != null) {
        stored.completeExceptionally(
            new ValidationException("key: one too many (expected: at most 64 in a trace)"));
      }
      wake();
    }

    @Override
    public void onEnd(CallStatus status) {
      ended(this, status);
      tellDrained();
    }

    @Override
    public void unreachable(UnreachableException why) {
      onEnd(CallStatus.of(StatusCode.UNAVAILABLE, String.valueOf(why.getMessage())));
    }

    void cancel() {
      channel.forget(this);
      GrpcExchange current = exchange;
      if (current != null) {
        current.cancel();
      }
    }
  }
}
