package io.trestle.kernel.database;

/** Waiting on worker threads. */
final class Pause {

  private Pause() {}

  static void millis(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DatabaseFailure(DatabaseFailure.Kind.EMBEDDED, "interrupted while waiting", e);
    }
  }
}
