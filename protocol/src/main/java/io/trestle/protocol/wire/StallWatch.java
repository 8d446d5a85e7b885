package io.trestle.protocol.wire;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Exception;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives up calls whose caller does not go on: one that begins a request and never ends it, that
 * takes no answer, or that leaves a stream of messages unread. Nothing else would end them, since
 * such a caller may well answer pings and name no deadline, and it would hold its share of what is
 * bounded for ever. A look at all streams of a connection now and then costs a call nothing, unlike
 * a timer for each. On the lane of the connection.
 *
 * <p>A reader of a stream may pause; that is what flow control is for. So its bound is generous,
 * and runs only while something waits to be written and the reader gives no window: each window it
 * gives, and each write that was taken, begins it anew.
 */
final class StallWatch implements Runnable {
  /**
   * How long a caller may take.
   *
   * @param request from the headers of a call to the end of its request; looked at twice in this
   *     time
   * @param answer from the end of an answer until the caller has taken all of it
   * @param stream how long a reader of an open stream gives no window while something waits for it
   */
  record Bounds(Duration request, Duration answer, Duration stream) {
    static final Bounds USUAL =
        new Bounds(Duration.ofSeconds(30), Duration.ofSeconds(120), Duration.ofMinutes(10));
  }

  private final Lane lane;
  private final Channel channel;
  private final WireStreams streams;
  private final Bounds bounds;

  private StallWatch(Lane lane, Channel channel, WireStreams streams, Bounds bounds) {
    this.lane = lane;
    this.channel = channel;
    this.streams = streams;
    this.bounds = bounds;
  }

  static void start(Lane lane, Channel channel, WireStreams streams, Bounds bounds) {
    StallWatch watch = new StallWatch(lane, channel, streams, bounds);
    Lane.Timer next = lane.schedule(watch.pause(), watch);
    channel.closeFuture().addListener(closed -> next.cancel());
  }

  @Override
  public void run() {
    if (!channel.isActive()) {
      return;
    }
    try {
      long now = System.nanoTime();
      List<WireStream> late = new ArrayList<>(0);
      streams.forEach(stream -> stream.judge(now, bounds, late::add));
      late.forEach(streams::stalled);
    } catch (Http2Exception e) {
      channel.pipeline().fireExceptionCaught(e);
    }
    lane.schedule(pause(), this);
  }

  private long pause() {
    return bounds.request().toNanos() / 2;
  }
}
