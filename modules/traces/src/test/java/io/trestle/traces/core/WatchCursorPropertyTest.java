package io.trestle.traces.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.traces.core.WatchCursor.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Replay and what is being written, in every order: the watcher sees each entry of its key once, in
 * order, and everything when it is idle.
 */
class WatchCursorPropertyTest {
  private static final int PAGE = 3;
  private static final int MANY = 3 * WatchCursor.MAX_LIVE;

  /** A table, a watcher, and a hand that does one of the possible things at a time. */
  private static final class World {
    private final Random random;
    private final String key;
    private final List<Entry> table = new ArrayList<>();
    private final List<Long> seen = new ArrayList<>();
    private final Memory memory;
    private final WatchCursor cursor;
    private final long after;
    private long next = 1;
    private Step under = new Step.Wait();
    private boolean lost;

    World(long seed, int before, int afterPart, boolean allKeys, int memoryBytes) {
      random = new Random(seed);
      key = allKeys ? "" : "a";
      memory = new Memory(memoryBytes);
      for (int i = 0; i < before; i++) {
        table.add(entry());
      }
      after = before == 0 ? 0 : afterPart % (before + 1);
      cursor = new WatchCursor(key, after, newest(), memory);
    }

    private long newest() {
      return table.isEmpty() ? 0 : table.get(table.size() - 1).sequence();
    }

    private Entry entry() {
      next += random.nextInt(8) == 0 ? 1 : 0; // places are lost when a write fails
      int kind = random.nextInt(20);
      return kind == 0
          ? new Entry(next++, Entry.Kind.END, "", new byte[1], 0)
          : new Entry(
              next++,
              kind == 1 ? Entry.Kind.GAP : Entry.Kind.CHUNK,
              random.nextBoolean() ? "a" : "b",
              new byte[10],
              kind == 1 ? 1 : 0);
    }

    void step() {
      switch (random.nextInt(lost ? 3 : 5)) {
        case 0, 1 -> commit();
        default -> work();
      }
    }

    private void commit() {
      Entry entry = entry();
      table.add(entry);
      if (random.nextInt(10) == 0) {
        lost = true; // stored, but nobody was told
      } else if (lost) {
        lost = false;
        cursor.reread(entry.sequence());
      } else {
        cursor.committed(entry);
      }
    }

    /** Ends what is under way, or begins what is next. */
    private void work() {
      if (under instanceof Step.Read read) {
        if (random.nextInt(5) == 0) {
          cursor.taken(); // the read failed
          under = new Step.Wait();
          return;
        }
        List<Entry> page =
            table.stream()
                .filter(e -> e.sequence() > read.after() && e.sequence() <= read.upTo())
                .filter(this::wanted)
                .limit(PAGE)
                .toList();
        under = cursor.page(page, read.upTo(), page.size() < PAGE);
      } else {
        if (under instanceof Step.Send send) {
          send.entries().forEach(e -> seen.add(e.sequence()));
          cursor.taken();
        }
        under = cursor.next();
      }
    }

    private boolean wanted(Entry entry) {
      return entry.kind() != Entry.Kind.END && (key.isEmpty() || key.equals(entry.key()));
    }

    void finish() {
      if (lost) {
        lost = false;
        cursor.reread(newest());
      }
      int turns = 0;
      while (!cursor.isIdle()) {
        work();
        assertThat(turns++).isLessThan(10_000);
      }
    }

    List<Long> expected() {
      return table.stream()
          .filter(this::wanted)
          .map(Entry::sequence)
          .filter(sequence -> sequence > after)
          .collect(Collectors.toList());
    }
  }

  @Property(tries = 2_000)
  void everyEntryOfTheKey_isSeenOnceInOrder_whateverInterleaves(
      @ForAll long seed,
      @ForAll @IntRange(max = 20) int before,
      @ForAll @IntRange(max = 40) int after,
      @ForAll boolean allKeys,
      @ForAll @IntRange(max = 4_000) int memory,
      @ForAll @IntRange(max = 200) int steps) {
    World world = new World(seed, before, after, allKeys, memory);
    for (int i = 0; i < steps; i++) {
      world.step();
    }
    world.finish();

    assertThat(world.seen).isEqualTo(world.expected());
    assertThat(world.memory.held()).isZero();
  }

  @Property(tries = 20)
  void slowWatcher_fallsBackToTheTable_andMissesNothing(@ForAll long seed) {
    World world = new World(seed, 0, 0, true, 1 << 30);
    for (int i = 0; i < MANY; i++) {
      world.commit();
    }
    world.finish();

    assertThat(world.seen).isEqualTo(world.expected());
    assertThat(world.memory.held()).isZero();
  }
}
