package io.trestle.traces;

import io.trestle.traces.core.WatchCursor;
import java.util.UUID;

/** One watch: under which key its items go, and where it is. */
record Watcher(UUID watch, UUID instance, Trace trace, String key, WatchCursor cursor) {
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return watch.hashCode();
  }
}
