package io.trestle.sdk.internal.inbound;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Where synchronous handlers run. */
public final class HandlerThreads implements AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

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
   * calls that have a slot while threads that gave theirs back are not at rest yet. It refuses when
   * the system has no thread left.
   */
  public static HandlerThreads create() {
    ExecutorService virtual = virtualThreads();
    return virtual == null ? pool(HandlerThreads::named) : owned(virtual, virtual);
  }

  /**
   * The same for those whom nothing else bounds; without virtual threads so many run, and the rest
   * waits.
   */
  public static HandlerThreads waiting(int running) {
    ExecutorService virtual = virtualThreads();
    if (virtual != null) {
      return owned(virtual, virtual);
    }
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            running,
            running,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            HandlerThreads::named);
    threads.allowCoreThreadTimeOut(true);
    return owned(threads, threads);
  }

  static HandlerThreads pool(ThreadFactory factory) {
    ExecutorService threads = Executors.newCachedThreadPool(factory);
    return owned(task -> execute(threads, task), threads);
  }

  private static void execute(Executor threads, Runnable task) {
    try {
      threads.execute(task);
    } catch (OutOfMemoryError e) { // no thread could be made; the task did not begin
      throw new RejectedExecutionException("no thread: " + e.getMessage(), e);
    }
  }

  private static HandlerThreads owned(Executor executor, ExecutorService threads) {
    return new HandlerThreads(executor, threads::shutdownNow);
  }

  /** The threads. */
  public Executor executor() {
    return executor;
  }

  @Override
  public void close() {
    close.run();
  }

  private static @Nullable ExecutorService virtualThreads() {
    try {
      return (ExecutorService)
          MethodHandles.publicLookup()
              .findStatic(
                  Executors.class,
                  "newVirtualThreadPerTaskExecutor",
                  MethodType.methodType(ExecutorService.class))
              .invoke();
    } catch (Throwable e) { // JDK 17 to 20
      return null;
    }
  }

  private static Thread named(Runnable task) {
    Thread thread = new Thread(task, "trestle-handler-" + NUMBER.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }
}
