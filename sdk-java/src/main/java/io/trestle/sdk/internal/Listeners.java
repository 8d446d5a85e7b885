package io.trestle.sdk.internal;

import io.trestle.sdk.BridgeEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Tells listeners, isolates those that throw, and is silent once the bridge stops. Any thread. */
public final class Listeners {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.events");

  private final List<Consumer<? super BridgeEvent>> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean silent;

  /** Adds one. */
  void add(Consumer<? super BridgeEvent> listener) {
    listeners.add(listener);
  }

  /** Tells nobody any more. */
  void silence() {
    silent = true;
  }

  /** Tells all. */
  public void tell(BridgeEvent event) {
    if (silent) {
      return;
    }
    LOG.log(event instanceof BridgeEvent.Connected ? Level.INFO : Level.WARNING, "{0}", event);
    for (Consumer<? super BridgeEvent> listener : listeners) {
      try {
        listener.accept(event);
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "listener_failed event=" + event.getClass().getSimpleName(), e);
      }
    }
  }
}
