package io.trestle.protocol.wire;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.TimeUnit;

/**
 * One event loop of ours, on which a connection lives and everything about it happens. Work that
 * arrives on that very loop, whatever context it is in, runs at once; other work hops once.
 */
public final class Lane {
  private final ContextInternal context;
  private final EventLoop loop;

  /** The lane of the calling thread, which is an event loop of this Vert.x. */
  public static Lane current(Vertx vertx) {
    return new Lane(((VertxInternal) vertx).getOrCreateContext().unwrap());
  }

  /** A lane on the next event loop. */
  public static Lane create(Vertx vertx) {
    return new Lane(((VertxInternal) vertx).createEventLoopContext());
  }

  private Lane(ContextInternal context) {
    this.context = context;
    this.loop = context.nettyEventLoop();
  }

  /** Runs a task on the lane: at once when already there. */
  public void execute(Runnable task) {
    if (loop.inEventLoop()) {
      context.dispatch(task);
    } else {
      context.runOnContext(v -> task.run());
    }
  }

  /** Runs a task on the lane after what it does just now, also when already there. */
  public void later(Runnable task) {
    loop.execute(() -> context.dispatch(task));
  }

  /** Runs a task on the lane after a time. */
  public Timer schedule(long nanos, Runnable task) {
    ScheduledFuture<?> pending =
        loop.schedule(() -> context.dispatch(task), nanos, TimeUnit.NANOSECONDS);
    return () -> pending.cancel(false);
  }

  ContextInternal context() {
    return context;
  }

  EventLoop loop() {
    return loop;
  }

  /** Whether the calling thread is the lane's. */
  public boolean current() {
    return loop.inEventLoop();
  }

  /** Something that will run unless it is cancelled. */
  @FunctionalInterface
  public interface Timer {
    /** Runs no more. */
    void cancel();
  }
}
