package io.trestle.rpc;

import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.protocol.wire.UnreachableException;
import io.vertx.core.Vertx;
import java.util.function.Consumer;

/**
 * Waits for a connection, for a while (rpc.md 3.2, step 6); the usual case is that there is one
 * already. On the event loop of the channel.
 */
final class Dial implements PinnedChannel.Waiter {
  private static final long LIMIT_MILLIS = 2_000;

  private final Vertx vertx;
  private final PinnedChannel channel;
  private final Consumer<LiveConnection> ready;
  private final Consumer<String> failed;
  private long timer = -1;
  private boolean done;

  private Dial(
      Vertx vertx, PinnedChannel channel, Consumer<LiveConnection> ready, Consumer<String> failed) {
    this.vertx = vertx;
    this.channel = channel;
    this.ready = ready;
    this.failed = failed;
  }

  /**
   * Begins to wait.
   *
   * @param remainingMillis the time left of the call
   * @param failed hears why there is no connection
   */
  static void begin(
      Vertx vertx,
      PinnedChannel channel,
      long remainingMillis,
      Consumer<LiveConnection> ready,
      Consumer<String> failed) {
    Dial dial = new Dial(vertx, channel, ready, failed);
    channel.connect(dial);
    if (!dial.done) {
      dial.limit(Math.max(1, Math.min(LIMIT_MILLIS, remainingMillis)));
    }
  }

  @Override
  public void connected(LiveConnection connection) {
    if (end()) {
      ready.accept(connection);
    }
  }

  @Override
  public void unreachable(UnreachableException why) {
    fail(String.valueOf(why.getMessage()));
  }

  private void limit(long millis) {
    timer =
        vertx.setTimer(
            millis,
            id -> {
              channel.forget(this);
              fail("not ready within " + millis + " ms");
            });
  }

  private void fail(String why) {
    if (end()) {
      failed.accept(why);
    }
  }

  private boolean end() {
    if (done) {
      return false;
    }
    done = true;
    if (timer >= 0) {
      vertx.cancelTimer(timer);
    }
    return true;
  }
}
