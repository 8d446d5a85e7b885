package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.demo.Fleet.Service;
import java.util.concurrent.CompletableFuture;

/** In the middle of the orders one payments process is killed and another one is started. */
final class Accident {
  private static final int REPLACEMENT = 3;

  private final Fleet fleet;
  private final Child victim;
  private final Progress progress;
  private final int middle;
  private final CompletableFuture<Service> replacement = new CompletableFuture<>();

  /**
   * An accident to come.
   *
   * @param middle number of ended orders at which it happens
   */
  Accident(Fleet fleet, Child victim, Progress progress, int middle) {
    this.fleet = fleet;
    this.victim = victim;
    this.progress = progress;
    this.middle = middle;
  }

  /** To be called with each number of ended orders; happens at one of them. */
  void after(int ended) {
    if (ended == middle) {
      happen();
    }
  }

  /** The process in the place of the killed one. */
  CompletableFuture<Service> replacement() {
    return replacement;
  }

  private void happen() {
    try {
      victim.kill();
      progress.say("kill -9 %s (pid %d)".formatted(victim.name(), victim.pid()));
      new Thread(this::replace, "replace").start();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      replacement.completeExceptionally(e);
    }
  }

  private void replace() {
    try {
      Service service = fleet.payments(REPLACEMENT);
      progress.say("%s started in its place".formatted(service.child().name()));
      replacement.complete(service);
    } catch (RuntimeException e) {
      replacement.completeExceptionally(e);
    }
  }
}
