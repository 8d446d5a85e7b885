package io.trestle.sdk.internal.traces;

import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.protocol.ext.v1.Gap;
import io.trestle.sdk.QueueFullException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What was written and is not stored yet, in order, and how much of it is kept. Not safe for
 * threads: its owner locks.
 *
 * <p>Each message has a number that it keeps, so that saying it again is safe. When there are too
 * many, the oldest chunk that is not on its way right now becomes a gap, or adds to the gap of its
 * lane before it; so a gap stands where the first of the chunks stood that it stands for.
 */
final class AppendQueue {
  /** Kept while there is no stream. */
  static final int OFFLINE = 1_000;

  /** Kept while there is one. */
  static final int ONLINE = 10_000;

  private static final long MAX_BYTES = 16L << 20;

  private final Map<Long, Entry> entries = new LinkedHashMap<>();
  private final List<CompletableFuture<Long>> refused = new ArrayList<>();
  private long number;
  private long bytes;
  private int flying;

  /** The last of those that go one by one. */
  private long suspect = Long.MIN_VALUE;

  /** One message. */
  static final class Entry {
    private AppendMessage message;
    private @Nullable CompletableFuture<Long> stored;
    private long dropped;
    private boolean flying;

    Entry(AppendMessage message, @Nullable CompletableFuture<Long> stored) {
      this.message = message;
      this.stored = stored;
    }

    AppendMessage message() {
      return message;
    }

    private boolean isChunk() {
      return message.hasDataJson();
    }
  }

  /**
   * An empty one.
   *
   * @param first the number of the first message
   */
  AppendQueue(long first) {
    this.number = first;
  }

  /** Adds a message; its number is given here. */
  void add(
      AppendMessage.Builder message, @Nullable CompletableFuture<Long> stored, boolean online) {
    long seq = number++;
    Entry entry = new Entry(message.setClientSeq(seq).build(), stored);
    entries.put(seq, entry);
    bytes += size(entry);
    shrink(online ? ONLINE : OFFLINE);
  }

  private static long size(Entry entry) {
    return entry.message.getDataJson().size();
  }

  private void shrink(int limit) {
    while (entries.size() > limit || bytes > MAX_BYTES) {
      Entry oldest = droppable();
      if (oldest == null) {
        return;
      }
      drop(oldest);
    }
  }

  private @Nullable Entry droppable() {
    for (Entry entry : entries.values()) {
      if (entry.isChunk() && !entry.flying) {
        return entry;
      }
    }
    return entries.size() > 2 * ONLINE ? entries.values().iterator().next() : null;
  }

  private void drop(Entry entry) {
    bytes -= size(entry);
    CompletableFuture<Long> stored = entry.stored;
    if (stored != null) {
      refused.add(stored);
      entry.stored = null;
    }
    Entry gap = entry.isChunk() ? gap(entry.message) : null;
    if (gap != null) {
      widen(gap);
    }
    if (gap != null || !entry.isChunk()) {
      entries.remove(entry.message.getClientSeq());
      flying -= entry.flying ? 1 : 0;
    } else {
      widen(entry);
    }
  }

  private @Nullable Entry gap(AppendMessage of) {
    for (Entry entry : entries.values()) {
      AppendMessage m = entry.message;
      if (entry.dropped > 0
          && !entry.flying
          && m.getWriter() == of.getWriter()
          && m.getKey().equals(of.getKey())) {
        return entry;
      }
    }
    return null;
  }

  private static void widen(Entry entry) {
    entry.dropped++;
    entry.message =
        entry.message.toBuilder().setGap(Gap.newBuilder().setDropped(entry.dropped)).build();
  }

  /** Whoever waits for what was given up; told by the owner, outside of its lock. */
  List<CompletableFuture<Long>> takeRefused() {
    List<CompletableFuture<Long>> taken = List.copyOf(refused);
    refused.clear();
    return taken;
  }

  static QueueFullException givenUp() {
    return new QueueFullException("trace stream: the chunk was given up, too many wait");
  }

  /** Takes what is to be sent next; it is on its way from then on. */
  List<Entry> take(int upTo) {
    int most = isSuspicious() ? Math.min(1, upTo) : upTo;
    List<Entry> taken = new ArrayList<>();
    if (flying >= most || flying == entries.size()) {
      return taken;
    }
    for (Entry entry : entries.values()) {
      if (!entry.flying) {
        entry.flying = true;
        flying++;
        taken.add(entry);
        if (flying >= most) {
          break;
        }
      }
    }
    return taken;
  }

  /** It is not on its way after all. */
  void giveBack(Entry entry) {
    if (entry.flying) {
      entry.flying = false;
      flying--;
    }
  }

  /** The stream is lost: everything is to be sent again, and fewer are kept. */
  void lost() {
    entries.values().forEach(this::giveBack);
    shrink(OFFLINE);
  }

  /** The runtime has stored a message, or taken note of it; who waits for that, if anybody. */
  @Nullable CompletableFuture<Long> stored(long clientSeq) {
    Entry entry = entries.remove(clientSeq);
    if (entry == null) {
      return null;
    }
    bytes -= size(entry);
    flying -= entry.flying ? 1 : 0;
    return entry.stored;
  }

  /**
   * The runtime does not want something that is on its way. That is given up when it is the only
   * one; else they go one by one, so that it is found and the others are not given up with it.
   */
  void refuseFlying() {
    boolean one = flying == 1;
    for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
      Entry entry = all.next();
      if (entry.flying && one) {
        all.remove();
        bytes -= size(entry);
        flying--;
        if (entry.stored != null) {
          refused.add(entry.stored);
        }
        return;
      }
      if (entry.flying) {
        suspect = entry.message.getClientSeq();
      }
    }
  }

  private boolean isSuspicious() {
    return !entries.isEmpty() && entries.keySet().iterator().next() <= suspect;
  }

  /** Gives up everything. */
  List<CompletableFuture<Long>> clear() {
    List<CompletableFuture<Long>> waiting = new ArrayList<>(takeRefused());
    for (Entry entry : entries.values()) {
      if (entry.stored != null) {
        waiting.add(entry.stored);
      }
    }
    entries.clear();
    bytes = 0;
    flying = 0;
    return waiting;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  int size() {
    return entries.size();
  }
}
