package io.trestle.pki.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.IntSupplier;

/**
 * Lets a limited number of pieces of work run at a time and a limited number wait, first come first
 * served. The limit may change while work runs. Safe from any thread; work is started on the thread
 * that made room for it, outside the lock.
 */
public final class AdmissionGate {
  private final IntSupplier limit;
  private final int maxWaiting;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int running;

  /**
   * Makes a gate.
   *
   * @param limit how many may run now, asked at every decision
   * @param maxWaiting how many may wait
   */
  public AdmissionGate(IntSupplier limit, int maxWaiting) {
    this.limit = limit;
    this.maxWaiting = maxWaiting;
  }

  /**
   * Starts the work now or when its turn comes; each start is followed by one {@link #leave}.
   *
   * @return false when too many wait: the work will not be started
   */
  public boolean enter(Runnable work) {
    synchronized (waiting) {
      if (running >= limit.getAsInt()) {
        return waiting.size() < maxWaiting && waiting.add(work);
      }
      running++;
    }
    work.run();
    return true;
  }

  /** One piece of work is over. */
  public void leave() {
    List<Runnable> started = new ArrayList<>(1);
    synchronized (waiting) {
      running--;
      while (running < limit.getAsInt() && !waiting.isEmpty()) {
        started.add(waiting.remove());
        running++;
      }
    }
    started.forEach(Runnable::run);
  }
}
