package io.trestle.sdk.internal.traces;

import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.ext.v1.WatchMessage;
import io.trestle.protocol.ext.v1.WatchRequest;
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
import io.trestle.sdk.TraceItem;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.WatchOptions;
import io.trestle.sdk.internal.session.ReconnectLadder;
import io.trestle.sdk.internal.wire.Failures;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The watches of a bridge, each on a stream that is opened again behind what was seen. */
final class TraceWatches {
  private static final Set<StatusCode> FINAL =
      EnumSet.of(
          StatusCode.INVALID_ARGUMENT,
          StatusCode.PERMISSION_DENIED,
          StatusCode.UNIMPLEMENTED,
          StatusCode.NOT_FOUND);

  private final PinnedChannel channel;
  private final Lane lane;
  private final ReconnectLadder ladder;
  private final Set<Watch> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  TraceWatches(PinnedChannel channel, ReconnectLadder ladder) {
    this.channel = channel;
    this.lane = channel.lane();
    this.ladder = ladder;
  }

  TraceWatch watch(String traceId, WatchOptions options) {
    Watch watch = new Watch(traceId, options);
    open.add(watch);
    if (closed) {
      watch.end(new StateException("the bridge has ended"));
    } else {
      lane.execute(watch::connect);
    }
    return new WatchReader(watch.inbox, watch::close);
  }

  /** Ends them all; any thread. */
  void close() {
    closed = true;
    open.forEach(watch -> watch.end(new StateException("the bridge has ended")));
  }

  /** One watch; on the lane, but for its inbox. */
  private final class Watch implements GrpcExchange.Listener, PinnedChannel.Waiter {
    private final String traceId;
    private final String key;
    private final WatchInbox inbox;
    private long seen;
    private @Nullable GrpcExchange exchange;
    private int failures;
    private boolean over;

    Watch(String traceId, WatchOptions options) {
      this.traceId = traceId;
      this.key = options.key();
      this.seen = Math.max(0, options.fromSequence() - 1);
      this.inbox = new WatchInbox(this::pause, () -> lane.execute(this::resume));
    }

    void connect() {
      if (!over) {
        channel.connect(this);
      }
    }

    @Override
    public void connected(LiveConnection live) {
      if (over) {
        return;
      }
      WatchRequest request =
          WatchRequest.newBuilder()
              .setTraceId(traceId)
              .setKey(key)
              .setFromSequence(seen + 1)
              .build();
      GrpcExchange.Outgoing outgoing =
          new GrpcExchange.Outgoing(
              ExtensionMethods.TRACES_WATCH.path(),
              Frames.of(request),
              0,
              "",
              Transport.MAX_MESSAGE);
      exchange = GrpcExchange.start(live, outgoing, this);
      if (inbox.paused()) {
        pause();
      }
    }

    private void pause() {
      GrpcExchange current = exchange;
      if (current != null) {
        current.pause();
      }
    }

    private void resume() {
      GrpcExchange current = exchange;
      if (current != null) {
        current.resume();
      }
    }

    @Override
    public void onMessage(ByteBuf bytes) {
      failures = 0;
      WatchMessage message;
      try {
        message = WatchMessage.parseFrom(ByteBufUtil.getBytes(bytes));
      } catch (InvalidProtocolBufferException e) {
        end(new ServiceBridgeException(ErrorCode.INTERNAL, "watch: a chunk does not decode", e));
        return;
      }
      if (message.hasComplete()) {
        inbox.add(new TraceItem.Complete(message.getComplete().getStatus()));
        end(null);
      } else if (message.getSequence() > seen) {
        seen = message.getSequence();
        inbox.add(item(message));
      }
    }

    private TraceItem item(WatchMessage m) {
      return m.hasGap()
          ? new TraceItem.Gap(m.getSequence(), m.getKey(), m.getGap().getDropped())
          : new TraceItem.Chunk(m.getSequence(), m.getKey(), m.getDataJson().toStringUtf8());
    }

    @Override
    public void onEnd(CallStatus status) {
      exchange = null;
      if (over) {
        return;
      }
      if (FINAL.contains(status.code())) {
        end(Failures.of(status, "watch " + traceId));
        return;
      }
      failures++;
      long pause = ladder.pause(failures, ThreadLocalRandom.current().nextDouble()).toNanos();
      lane.schedule(pause, this::connect);
    }

    @Override
    public void unreachable(UnreachableException why) {
      onEnd(CallStatus.of(StatusCode.UNAVAILABLE, String.valueOf(why.getMessage())));
    }

    void close() {
      inbox.clear();
      end(new ServiceBridgeException(ErrorCode.CANCELLED, "the watch was closed", null));
    }

    /** Ends; any thread. */
    void end(@Nullable ServiceBridgeException why) {
      open.remove(this);
      inbox.end(why);
      lane.execute(
          () -> {
            over = true;
            channel.forget(this);
            GrpcExchange current = exchange;
            exchange = null;
            if (current != null) {
              current.cancel();
            }
          });
    }
  }
}
