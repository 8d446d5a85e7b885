package io.trestle.kernel.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.pipeline.TestKinds.Entry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The world around one {@link LaneCore}: a database that is a map, a connection that a test breaks
 * when it likes, and a clock. Every command is checked against what the database knows, at once and
 * again at the end.
 */
final class LaneModel {

  /** What becomes of the attempt under way. */
  enum Fate {
    COMMIT,
    SERIALIZATION,
    LOST_BEFORE_COMMIT,
    LOST_IN_COMMIT_DONE,
    LOST_IN_COMMIT_UNDONE,
    DISK_FULL,
    STALE
  }

  /** A unit as the test knows it. */
  private static final class Tracked {
    final Unit unit;
    final long place;
    final boolean poisoned;
    boolean settled;
    boolean lost;
    @Nullable WriteFailure verdict;

    Tracked(Unit unit, long place, boolean poisoned) {
      this.unit = unit;
      this.place = place;
      this.poisoned = poisoned;
    }
  }

  private static final PipelineOptions OPTIONS =
      PipelineOptions.defaults().withBounds(30_000, 40).withMaxBatchBytes(2_000);

  private final LaneCore core = new LaneCore(Lane.DURABLE, OPTIONS);
  private final Budget budget = new Budget(OPTIONS.maxBytes(), OPTIONS.maxUnits());
  private final Map<Unit, Tracked> units = new LinkedHashMap<>();
  private final Map<Long, Integer> database = new LinkedHashMap<>();

  private long now;
  private long nextId = 1;
  private int conflicts;
  private int sends;
  private int opened;
  private boolean stale;
  private boolean ownerStopped;
  private final Deque<List<Unit>> underWay = new ArrayDeque<>();
  private final Deque<List<Unit>> kept = new ArrayDeque<>();
  private boolean laneTaken;
  private @Nullable Long connectAt;
  private @Nullable Long wakeAt;

  LaneModel() {
    run(core.start(now));
    connect(true);
  }

  int sends() {
    return sends;
  }

  int connectionsOpened() {
    return opened;
  }

  boolean busy() {
    return !underWay.isEmpty();
  }

  /** Batches under way. */
  int flying() {
    return underWay.size();
  }

  /** Units of the youngest batch under way. */
  int sizeUnderWay() {
    return underWay.getLast().size();
  }

  /** Hands over a unit; null when the budget has no room. */
  @Nullable Unit submit(
      @Nullable Object key, boolean poisoned, AfterFailure afterFailure, Duration within) {
    long id = nextId++;
    Write.Builder write =
        Write.of(TestKinds.ADD, new Entry(id, poisoned ? "poison" : "x"))
            .and(TestKinds.ADD, new Entry(-id, "second row"))
            .afterFailure(afterFailure)
            .within(within);
    Unit unit = new Unit((key == null ? write : write.orderKey(key)).build());
    if (budget.reserve(Lane.DURABLE, unit.write().bytes()) != null) {
      return null;
    }
    Tracked tracked = new Tracked(unit, id, poisoned);
    units.put(unit, tracked);
    run(core.offer(unit, now));
    return unit;
  }

  void pump() {
    run(core.pump());
  }

  /**
   * Ends the oldest attempt under way as the fate says, as far as the database lets it. Whatever
   * followed on a connection that is lost, the database may have done or not.
   */
  void resolve(Fate fate) {
    List<Unit> batch = underWay.removeFirst();
    Outcome outcome = outcome(stale ? Fate.STALE : fate, batch);
    if (outcome instanceof Outcome.Lost) {
      if (fate == Fate.LOST_IN_COMMIT_DONE && !underWay.isEmpty() && !stale) {
        outcome(Fate.LOST_IN_COMMIT_DONE, underWay.getFirst());
      }
      underWay.addFirst(batch);
      underWay.forEach(lost -> lost.forEach(unit -> tracked(unit).lost = true));
      kept.clear();
      kept.addAll(underWay);
      underWay.clear();
      laneTaken = false;
    } else if (outcome instanceof Outcome.Conflict) {
      kept.addFirst(batch);
    } else if (outcome instanceof Outcome.Committed) {
      laneTaken = true;
    }
    run(core.finished(outcome, now));
  }

  void connect(boolean succeeds) {
    if (connectAt == null) {
      return;
    }
    now = Math.max(now, connectAt);
    connectAt = null;
    if (succeeds) {
      opened++;
      run(core.connected(now));
    } else {
      run(core.connectFailed(now));
    }
  }

  void loseIdleConnection() {
    if (underWay.isEmpty() && connectAt == null) {
      laneTaken = false;
      run(core.connectionLost(now));
    }
  }

  void pass(Duration time) {
    now += time.toNanos();
    if (wakeAt != null && wakeAt <= now) {
      wakeAt = null;
      run(core.tick(now));
    }
  }

  /** From now on another kernel has a higher epoch. */
  void takeEpoch() {
    stale = true;
  }

  void stop() {
    run(core.stopWith(WriteFailure.closed()));
  }

  /** Lets everything go well until nothing is left to do. */
  void heal() {
    for (int i = 0; i < 10_000 && (busy() || connectAt != null); i++) {
      if (busy()) {
        resolve(Fate.COMMIT);
      } else {
        connect(true);
      }
    }
  }

  /** FL-17 and what else must hold when all is over. */
  void checkEnd() {
    assertThat(core.oldest()).isNull();
    assertThat(budget.used()).isEqualTo(new Budget.Usage(0, 0));
    Map<Object, Long> lastOfKey = new HashMap<>();
    for (Tracked tracked : units.values()) {
      assertThat(tracked.settled).as("unit %s has a verdict", tracked.place).isTrue();
      assertAgrees(tracked);
    }
    for (long id : database.keySet()) {
      Tracked tracked =
          units.values().stream().filter(t -> t.place == id).findFirst().orElseThrow();
      Object key = tracked.unit.write().key();
      if (key != null) {
        Long before = lastOfKey.put(key, id);
        assertThat(before == null || before < id).as("order of key %s", key).isTrue();
      }
    }
  }

  WriteFailure.@Nullable Code code(Unit unit) {
    Tracked tracked = tracked(unit);
    assertThat(tracked.settled).isTrue();
    return tracked.verdict == null ? null : tracked.verdict.code();
  }

  boolean settled(Unit unit) {
    return tracked(unit).settled;
  }

  boolean stored(Unit unit) {
    return database.containsKey(tracked(unit).place);
  }

  long lastPlace() {
    return core.lastPlace();
  }

  boolean settledUpTo(long place) {
    return core.settledUpTo(place);
  }

  List<Long> commitOrder() {
    return List.copyOf(database.keySet());
  }

  boolean ownerStopped() {
    return ownerStopped;
  }

  LaneState state() {
    return core.state();
  }

  private Outcome outcome(Fate fate, List<Unit> batch) {
    return switch (fate) {
      case STALE -> new Outcome.Stale();
      case SERIALIZATION ->
          Outcome.ofSqlState("test", conflicts++ % 2 == 0 ? "40001" : "40P01", null, false);
      case LOST_BEFORE_COMMIT -> new Outcome.Lost(false, "connection");
      case DISK_FULL -> Outcome.ofSqlState("test", "53100", null, false);
      default -> commit(fate, batch);
    };
  }

  /** All statements were run: a poisoned row shows, or COMMIT is sent. */
  private Outcome commit(Fate fate, List<Unit> batch) {
    if (batch.stream().anyMatch(unit -> tracked(unit).poisoned)) {
      return Outcome.ofSqlState("test.add", "23514", "entries_body_check", false);
    }
    if (fate != Fate.LOST_IN_COMMIT_UNDONE) {
      batch.forEach(unit -> database.putIfAbsent(tracked(unit).place, 1));
    }
    return fate == Fate.COMMIT ? new Outcome.Committed() : new Outcome.Lost(true, "connection");
  }

  private void run(List<Command> commands) {
    List<Tracked> failed = new ArrayList<>();
    for (Command command : commands) {
      if (command instanceof Command.Send send) {
        checkSend(send.units());
      } else if (command instanceof Command.Settle settle) {
        settle.units().forEach(unit -> checkVerdict(tracked(unit), settle.failure()));
        if (settle.failure() != null) {
          settle.units().forEach(unit -> failed.add(tracked(unit)));
        }
      } else if (command instanceof Command.Connect connect) {
        assertThat(connect.delay()).isBetween(0L, OPTIONS.maxBackoff().toNanos());
        connectAt = now + connect.delay();
      } else if (command instanceof Command.Wake wake) {
        wakeAt = wake.at();
      } else if (command instanceof Command.StopOwner) {
        assertThat(ownerStopped).isFalse();
        ownerStopped = true;
      }
    }
    failed.forEach(this::checkFollowers);
  }

  /**
   * One attempt at a time, and one behind it if neither has keys; a batch without verdict goes
   * again, before anything younger.
   */
  private void checkSend(List<Unit> batch) {
    assertThat(connectAt).isNull();
    assertThat(batch).isNotEmpty();
    if (busy()) {
      assertThat(laneTaken).isTrue();
      assertThat(underWay).hasSize(1);
      assertThat(underWay.getFirst()).allMatch(unit -> unit.write().key() == null);
      assertThat(batch).allMatch(unit -> unit.write().key() == null);
      boolean again = !kept.isEmpty() && batch.equals(kept.getFirst());
      assertThat(again || kept.stream().allMatch(lost -> unsettled(lost).isEmpty())).isTrue();
    }
    while (!kept.isEmpty() && unsettled(kept.getFirst()).isEmpty()) {
      kept.removeFirst();
    }
    if (!kept.isEmpty() && batch.equals(unsettled(kept.getFirst()))) {
      kept.removeFirst();
    } else if (!kept.isEmpty()) {
      long oldest = tracked(kept.getFirst().get(0)).place;
      assertThat(batch).as("halves of a batch before it").allMatch(u -> tracked(u).place < oldest);
    }
    assertThat(batch).noneMatch(unit -> tracked(unit).settled);
    underWay.addLast(List.copyOf(batch));
    sends++;
  }

  private List<Unit> unsettled(List<Unit> batch) {
    return batch.stream().filter(unit -> !tracked(unit).settled).toList();
  }

  private void checkVerdict(Tracked tracked, @Nullable WriteFailure verdict) {
    assertThat(tracked.settled).as("unit %s is settled once", tracked.place).isFalse();
    tracked.settled = true;
    tracked.verdict = verdict;
    budget.release(tracked.unit.write().bytes(), 1);
    assertAgrees(tracked);
    if (verdict != null && verdict.code() == WriteFailure.Code.OUTCOME_UNKNOWN) {
      assertThat(tracked.lost).as("unit %s was sent and lost", tracked.place).isTrue();
    }
  }

  private void assertAgrees(Tracked tracked) {
    boolean stored = database.containsKey(tracked.place);
    if (tracked.verdict == null) {
      assertThat(stored).as("unit %s is acknowledged and there", tracked.place).isTrue();
    } else if (!tracked.verdict.code().maybeWritten()) {
      assertThat(stored).as("unit %s: %s", tracked.place, tracked.verdict).isFalse();
    }
  }

  /** Nothing that asked to fail with its predecessor goes on waiting behind a failed one. */
  private void checkFollowers(Tracked failed) {
    Object key = failed.unit.write().key();
    if (key == null) {
      return;
    }
    assertThat(units.values())
        .filteredOn(t -> !t.settled && t.place > failed.place)
        .filteredOn(t -> key.equals(t.unit.write().key()))
        .noneMatch(t -> t.unit.write().afterFailure() == AfterFailure.FAIL);
  }

  private Tracked tracked(Unit unit) {
    return Objects.requireNonNull(units.get(unit));
  }
}
