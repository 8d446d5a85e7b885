package io.trestle.traces.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Where one watcher is in a stream, and what it gets next: each entry of its key once, in order,
 * whatever happens between its replay and what is being written.
 *
 * <h2>State</h2>
 *
 * Everything up to {@code position} was given to the watcher, or is none of its. Everything behind
 * {@code mark} that was committed since lies in {@code live}. So there are two cases and no modes:
 * with {@code position < mark} the table has what comes next, and is read up to the mark; else
 * memory has it. A watch begins with the mark at the newest committed entry, which is the
 * subscription before the replay: what is committed while the replay runs lies in memory when the
 * replay arrives at the mark.
 *
 * <h2>Too slow</h2>
 *
 * When {@code live} is full, or all watchers together keep too much, it is emptied and the mark
 * moves to the newest committed entry: the watcher reads the table again, and nobody sees a
 * difference. The same is done when it is in doubt whether an entry was committed: the table knows.
 *
 * <h2>Invariants</h2>
 *
 * <ul>
 *   <li>{@code live} has every entry of the key in {@code (mark, newest]}, and only such.
 *   <li>What is read is at most at the mark and thus committed, so that a read sees all of it.
 *   <li>One thing is under way at a time: a read, or a delivery that was not taken yet.
 * </ul>
 *
 * <p>Rejected: two phases with a buffer only while the first lasts. A watcher that falls behind
 * later would need a third, with the same switch once more.
 */
public final class WatchCursor {
  /** Entries that one watcher keeps at most. */
  public static final int MAX_LIVE = 256;

  private static final long MAX_LIVE_BYTES = 1 << 20;
  private static final int BATCH = 64;

  private final String key;
  private final Memory memory;
  private final Deque<Entry> live = new ArrayDeque<>();
  private long liveBytes;
  private long position;
  private long mark;
  private long newest;
  private boolean busy;

  /** What is to be done. */
  public sealed interface Step {
    /** Nothing just now. */
    record Wait() implements Step {}

    /** Entries of the key in {@code (after, upTo]} are to be read, the first ones of them. */
    record Read(long after, long upTo) implements Step {}

    /** These are to be delivered; {@link #taken} when that is done. */
    record Send(List<Entry> entries) implements Step {}
  }

  /**
   * A watch that begins.
   *
   * @param key the lane; empty for all
   * @param after the last sequence that is not wanted
   * @param newest the newest committed entry
   */
  public WatchCursor(String key, long after, long newest, Memory memory) {
    this.key = key;
    this.position = after;
    this.mark = newest;
    this.newest = newest;
    this.memory = memory;
  }

  /** An entry was committed; in the order of sequences. */
  public void committed(Entry entry) {
    newest = entry.sequence();
    if (!isWanted(entry)) {
      return;
    }
    if (live.size() < MAX_LIVE
        && liveBytes + entry.bytes() <= MAX_LIVE_BYTES
        && memory.take(entry.bytes())) {
      live.add(entry);
      liveBytes += entry.bytes();
    } else {
      reread(newest);
    }
  }

  /** What was committed up to here is to be read from the table. */
  public void reread(long upTo) {
    forget();
    newest = Math.max(newest, upTo);
    mark = newest;
  }

  /** What is next; nothing while something is under way. */
  public Step next() {
    if (busy) {
      return new Step.Wait();
    }
    if (position < mark) {
      busy = true;
      return new Step.Read(position, mark);
    }
    List<Entry> batch = batch();
    return batch.isEmpty() ? new Step.Wait() : send(batch, batch.get(batch.size() - 1).sequence());
  }

  /**
   * What was read.
   *
   * @param upTo as it was asked
   * @param whole whether there is no more up to there
   */
  public Step page(List<Entry> entries, long upTo, boolean whole) {
    busy = false;
    long last = whole ? upTo : entries.get(entries.size() - 1).sequence();
    if (entries.isEmpty()) {
      position = Math.max(position, last);
      return next();
    }
    return send(entries, last);
  }

  /** The read failed, or what was sent has gone. */
  public void taken() {
    busy = false;
  }

  /** Whether everything that was committed is with the watcher. */
  public boolean isIdle() {
    return !busy && position >= mark && live.isEmpty();
  }

  /** The watch is over. */
  public void forget() {
    memory.give(liveBytes);
    live.clear();
    liveBytes = 0;
  }

  private boolean isWanted(Entry entry) {
    return entry.kind() != Entry.Kind.END && (key.isEmpty() || key.equals(entry.key()));
  }

  private Step send(List<Entry> entries, long last) {
    busy = true;
    position = Math.max(position, last);
    return new Step.Send(entries);
  }

  private List<Entry> batch() {
    List<Entry> batch = new ArrayList<>();
    while (!live.isEmpty() && batch.size() < BATCH) {
      Entry entry = live.remove();
      liveBytes -= entry.bytes();
      memory.give(entry.bytes());
      if (entry.sequence() > position) {
        batch.add(entry);
      }
    }
    return batch;
  }
}
