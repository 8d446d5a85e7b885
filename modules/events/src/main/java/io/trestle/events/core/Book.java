package io.trestle.events.core;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The unfinished deliveries: by position, by arrival and by lane. */
final class Book<E> {
  private final LongMap<Entry<E>> entries = new LongMap<>();
  private final Chain<Entry<E>> arrivals = new Chain<>(Entry.ARRIVAL);
  private final Map<String, Lane<E>> lanes = new HashMap<>();

  int size() {
    return entries.size();
  }

  @Nullable Entry<E> get(long position) {
    return entries.get(position);
  }

  Chain<Entry<E>> arrivals() {
    return arrivals;
  }

  /** Enters it, last of its route and of its lane. */
  Entry<E> add(Pending<E> pending, Route<E> route) {
    Lane<E> lane = pending.lane().isEmpty() ? null : lane(pending.lane());
    Entry<E> entry = new Entry<>(pending, route, lane);
    entries.put(entry.position, entry);
    arrivals.add(entry);
    route.all.add(entry);
    if (lane != null) {
      lane.entries.add(entry);
    }
    return entry;
  }

  void remove(Entry<E> entry) {
    entries.remove(entry.position);
    arrivals.remove(entry);
    entry.route.all.remove(entry);
    Lane<E> lane = entry.lane;
    if (lane != null) {
      lane.entries.remove(entry);
      if (lane.entries.isEmpty()) {
        lanes.remove(lane.key);
      }
    }
  }

  long[] positions() {
    long[] positions = new long[size()];
    int i = 0;
    for (Entry<E> e = arrivals.first(); e != null; e = arrivals.after(e)) {
      positions[i++] = e.position;
    }
    Arrays.sort(positions);
    return positions;
  }

  private Lane<E> lane(String key) {
    Lane<E> lane = lanes.get(key);
    if (lane == null) {
      lane = new Lane<>(key);
      lanes.put(key, lane);
    }
    return lane;
  }
}
