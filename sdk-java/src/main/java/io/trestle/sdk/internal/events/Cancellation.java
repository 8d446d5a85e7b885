package io.trestle.sdk.internal.events;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells the handlers of one delivery that nobody waits for them. Any thread. */
final class Cancellation {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.events");

  private @Nullable List<Runnable> actions = new ArrayList<>(1);

  synchronized boolean cancelled() {
    return actions == null;
  }

  /** Runs an action on cancellation, at once if that was. */
  void onCancel(Runnable action) {
    synchronized (this) {
      if (actions != null) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }

  void cancel() {
    List<Runnable> pending;
    synchronized (this) {
      pending = actions;
      actions = null;
    }
    if (pending != null) {
      pending.forEach(Cancellation::guarded);
    }
  }

  // What the application registered must not keep the others from running.
  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "an action on cancellation failed", e);
    }
  }
}
