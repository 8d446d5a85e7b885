package io.trestle.events.core;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A map from long, without a box or a node per entry: linear probing in a table at most half full.
 * A removal moves the followers of the same run up, so there are no tombstones and a table through
 * which thirty thousand entries a second pass does not silt up.
 */
final class LongMap<V> {
  private static final int SMALLEST = 8;

  private long[] keys = new long[SMALLEST];
  private Object[] values = new Object[SMALLEST];
  private int size;

  int size() {
    return size;
  }

  @SuppressWarnings("unchecked")
  @Nullable V get(long key) {
    return (V) values[find(key)];
  }

  /** Adds or replaces. */
  void put(long key, V value) {
    int index = find(key);
    if (values[index] == null && 2 * (size + 1) > values.length) {
      resize();
      index = find(key);
    }
    if (values[index] == null) {
      size++;
    }
    keys[index] = key;
    values[index] = value;
  }

  /** What was there, or null. */
  @SuppressWarnings({"unchecked", "NullAway"}) // free elements are null
  @Nullable V remove(long key) {
    int hole = find(key);
    V removed = (V) values[hole];
    if (removed == null) {
      return null;
    }
    size--;
    int mask = values.length - 1;
    int index = (hole + 1) & mask;
    while (values[index] != null) {
      int home = home(keys[index]);
      if (((index - home) & mask) >= ((index - hole) & mask)) {
        keys[hole] = keys[index];
        values[hole] = values[index];
        hole = index;
      }
      index = (index + 1) & mask;
    }
    values[hole] = null;
    return removed;
  }

  /** In no order; the map must not change meanwhile. */
  @SuppressWarnings("unchecked")
  void forEach(Consumer<V> action) {
    for (Object value : values) {
      if (value != null) {
        action.accept((V) value);
      }
    }
  }

  private int find(long key) {
    int mask = values.length - 1;
    int index = home(key);
    while (values[index] != null && keys[index] != key) {
      index = (index + 1) & mask;
    }
    return index;
  }

  private int home(long key) {
    return (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & (values.length - 1);
  }

  private void resize() {
    long[] oldKeys = keys;
    Object[] old = values;
    keys = new long[2 * old.length];
    values = new Object[2 * old.length];
    for (int i = 0; i < old.length; i++) {
      if (old[i] != null) {
        int index = find(oldKeys[i]);
        keys[index] = oldKeys[i];
        values[index] = old[i];
      }
    }
  }
}
