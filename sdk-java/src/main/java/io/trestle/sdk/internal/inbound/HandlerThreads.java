package io.trestle.sdk.internal.inbound;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Where synchronous handlers run. */
public final class HandlerThreads implements AutoCloseable {
  private final Executor executor;
  private final Runnable close;

  private HandlerThreads(Executor executor, Runnable close) {
    this.executor = executor;
    this.close = close;
  }

  /** The application's own; it stays open. */
  public static HandlerThreads of(Executor executor) {
    return new HandlerThreads(executor, () -> {});
  }

  /**
   * Virtual threads where the JDK has them. Otherwise a pool: the slots of the Call server bound
   * how many run, the pool only gives them threads, twice as many because a thread that has given
   * its slot back is not at once free again.
   */
  public static HandlerThreads create(int running) {
    ExecutorService threads = virtualThreads(running);
    return new HandlerThreads(threads, threads::shutdownNow);
  }

  /** The threads. */
  public Executor executor() {
    return executor;
  }

  @Override
  public void close() {
    close.run();
  }

  private static ExecutorService virtualThreads(int running) {
    try {
      return (ExecutorService)
          MethodHandles.publicLookup()
              .findStatic(
                  Executors.class,
                  "newVirtualThreadPerTaskExecutor",
                  MethodType.methodType(ExecutorService.class))
              .invoke();
    } catch (Throwable e) {
      return pool(running);
    }
  }

  private static ExecutorService pool(int running) {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        0,
        2 * running,
        30,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          Thread thread = new Thread(task, "trestle-handler-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }
}
