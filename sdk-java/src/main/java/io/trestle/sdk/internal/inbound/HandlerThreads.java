package io.trestle.sdk.internal.inbound;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
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
   * Virtual threads where the JDK has them. Otherwise a pool that has no bound of its own: how many
   * handlers run is bounded by the slots of those who hand them in, and a bound here would refuse
   * calls that have a slot while threads that gave theirs back are not at rest yet.
   */
  public static HandlerThreads create() {
    ExecutorService threads = threads();
    return new HandlerThreads(threads, threads::shutdownNow);
  }

  /** So many threads, and what finds none waits: for those whom nothing else bounds. */
  public static HandlerThreads waiting(int running) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            running, running, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named());
    threads.allowCoreThreadTimeOut(true);
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

  private static ExecutorService threads() {
    try {
      return (ExecutorService)
          MethodHandles.publicLookup()
              .findStatic(
                  Executors.class,
                  "newVirtualThreadPerTaskExecutor",
                  MethodType.methodType(ExecutorService.class))
              .invoke();
    } catch (Throwable e) {
      return Executors.newCachedThreadPool(named());
    }
  }

  private static ThreadFactory named() {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "trestle-handler-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
