package io.trestle.examples.orderflow.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What is to be closed at the end, in reverse order, once, by whoever comes first: the end of the
 * demo or a signal. Thread-safe.
 */
final class Leaving implements AutoCloseable {
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private boolean begun;

  /** Adds a part; it is closed at once when the end has begun. */
  <T extends AutoCloseable> T add(T part) {
    synchronized (parts) {
      if (!begun) {
        parts.push(part);
        return part;
      }
    }
    close(part);
    throw new DemoException("stopped");
  }

  /** Whether the end has begun. */
  boolean begun() {
    synchronized (parts) {
      return begun;
    }
  }

  /** Closes everything; a second caller waits for the first one. */
  @Override
  public synchronized void close() {
    synchronized (parts) {
      begun = true;
    }
    for (AutoCloseable part = next(); part != null; part = next()) {
      close(part);
    }
  }

  private @Nullable AutoCloseable next() {
    synchronized (parts) {
      return parts.poll();
    }
  }

  private static void close(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      System.err.println("demo: closing failed: " + e);
    }
  }
}
