package io.trestle.traces;

import io.trestle.traces.TraceStore.Known;
import io.trestle.traces.core.ChunkRules;
import io.trestle.traces.core.Entry;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** The live state of one stream. Thread: the owner's event loop. */
final class Trace {
  private final UUID id;
  private final Set<Writer> writers = new HashSet<>();
  private final Set<Watcher> watchers = new LinkedHashSet<>();
  private final Set<String> keys = new HashSet<>();
  private String status;
  private long next;
  private long head;
  private long quietSince;
  private int writing;
  private boolean doubtful;
  private boolean timed;

  /** A handler that writes, and by which stream. */
  record Writer(UUID stream, UUID traceId, long number) {}

  Trace(UUID id, Known known, long started) {
    this.id = id;
    this.next = known.head() + 1;
    this.head = known.head();
    this.status = known.status();
    this.quietSince = Math.max(started, known.newestAt());
  }

  UUID id() {
    return id;
  }

  /** The newest committed sequence. */
  long head() {
    return head;
  }

  String status() {
    return status;
  }

  long quietSince() {
    return quietSince;
  }

  int writers() {
    return writers.size();
  }

  boolean opened(Writer writer) {
    return writers.add(writer);
  }

  boolean closed(Writer writer, long now) {
    quietSince = Math.max(quietSince, now);
    return writers.remove(writer);
  }

  Set<Watcher> watchers() {
    return watchers;
  }

  List<Watcher> watching() {
    return List.copyOf(watchers);
  }

  /** Whether nobody needs it in memory. */
  boolean isIdle() {
    return writers.isEmpty() && watchers.isEmpty() && writing == 0;
  }

  /** Whether a timer is to be set that looks at it again; there is one at a time. */
  boolean wakeUp() {
    boolean first = !timed;
    timed = true;
    return first;
  }

  /** The timer ran. */
  void awake() {
    timed = false;
  }

  /** Whether there may be one more key. */
  boolean takes(String key) {
    return keys.contains(key) || keys.size() < ChunkRules.MAX_KEYS;
  }

  /** Gives the next place. */
  Entry assign(Entry.Kind kind, String key, byte[] data, long dropped) {
    if (!key.isEmpty()) {
      keys.add(key);
    }
    writing++;
    return new Entry(next++, kind, key, data, dropped);
  }

  /**
   * It is stored. Entries are committed in the order of places; but who hears of it on different
   * contexts may hear in another order, and then the table tells.
   */
  void committed(Entry entry, long now) {
    writing--;
    boolean reread = doubtful || entry.sequence() != head + 1;
    doubtful = false;
    boolean newest = entry.sequence() > head;
    head = Math.max(head, entry.sequence());
    quietSince = Math.max(quietSince, now);
    if (newest && entry.kind() == Entry.Kind.END) {
      status = new String(entry.data(), StandardCharsets.UTF_8);
    }
    for (Watcher watcher : watchers) {
      if (reread) {
        watcher.cursor().reread(head);
      } else {
        watcher.cursor().committed(entry);
      }
    }
  }

  /** Nobody knows whether it is stored; the table will tell. */
  void failed() {
    writing--;
    doubtful = true;
  }

  /** It turned out to be stored. */
  void found(long sequence) {
    next = Math.max(next, sequence + 1);
    if (sequence > head) {
      head = sequence;
      watchers.forEach(watcher -> watcher.cursor().reread(sequence));
    }
  }
}
