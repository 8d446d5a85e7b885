package io.trestle.sdk.internal.traces;

import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.WatchOptions;
import io.trestle.sdk.internal.session.ReconnectLadder;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** Both directions of the trace streams of a started bridge. */
public final class TraceEdge {
  /** 500 to 5,000 ms (events.md 12.3). */
  private static final ReconnectLadder LADDER =
      new ReconnectLadder(
          List.of(
              Duration.ofMillis(500),
              Duration.ofMillis(1_000),
              Duration.ofMillis(2_000),
              Duration.ofMillis(4_000),
              Duration.ofMillis(5_000)));

  private final TraceAppender appender;
  private final TraceWatches watches;

  /** An edge that waits for a session. */
  public TraceEdge(PinnedChannel channel, InstantSource clock) {
    this.appender = new TraceAppender(channel, clock, LADDER);
    this.watches = new TraceWatches(channel, LADDER);
  }

  /** Where handlers write. */
  public TraceWriters writers() {
    return appender;
  }

  /** Watches a trace. */
  public TraceWatch watch(String traceId, WatchOptions options) {
    return watches.watch(traceId, options);
  }

  /** The runtime has welcomed this instance. */
  public void welcomed() {
    appender.welcomed();
  }

  /** The session is gone. */
  public void sessionClosed() {
    appender.sessionClosed();
  }

  /** Completes when all that was written is stored. */
  public Future<Void> drain() {
    return appender.drain();
  }

  /** Gives up what is left. */
  public void close() {
    watches.close();
    appender.close();
  }
}
