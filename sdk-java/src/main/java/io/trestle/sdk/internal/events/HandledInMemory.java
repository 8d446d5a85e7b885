package io.trestle.sdk.internal.events;

import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventHandler;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A handler that remembers what it has handled. An event that comes again while it is still being
 * handled fails, and so comes once more later: its first handling may fail yet. Any thread.
 */
public final class HandledInMemory<T> implements EventHandler<T> {
  private final int remembered;
  private final EventHandler<T> handler;
  private final Set<Key> running = new HashSet<>();
  private final LinkedHashSet<Key> done = new LinkedHashSet<>();

  private record Key(String eventId, String pattern) {}

  /** Remembers so many. */
  public HandledInMemory(int remembered, EventHandler<T> handler) {
    this.remembered = remembered;
    this.handler = handler;
  }

  @Override
  public void handle(T event, EventContext context) throws Exception {
    Key key = new Key(context.eventId(), context.matchedPattern());
    if (!begin(key)) {
      return;
    }
    boolean good = false;
    try {
      handler.handle(event, context);
      good = true;
    } finally {
      end(key, good);
    }
  }

  private synchronized boolean begin(Key key) {
    if (done.contains(key)) {
      return false;
    }
    if (!running.add(key)) {
      throw new IllegalStateException("event " + key.eventId + " is still being handled");
    }
    return true;
  }

  private synchronized void end(Key key, boolean good) {
    running.remove(key);
    if (good) {
      done.add(key);
      if (done.size() > remembered) {
        done.remove(done.iterator().next());
      }
    }
  }
}
