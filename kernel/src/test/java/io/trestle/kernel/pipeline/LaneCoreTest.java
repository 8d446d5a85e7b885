package io.trestle.kernel.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.kernel.pipeline.LaneModel.Fate;
import io.trestle.kernel.pipeline.WriteFailure.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The deciding half of the pipeline against a model database. */
class LaneCoreTest {

  private static final Duration LONG = Duration.ofHours(1);

  private final LaneModel model = new LaneModel();

  /**
   * Random units under random failures. The model checks each command as it comes: one attempt at a
   * time, a lost batch again before anything younger, one verdict a unit, each verdict in agreement
   * with the database; and at the end the order of each key.
   */
  @Property(tries = 3000)
  @Acceptance({"FL-17", "FL-19", "FL-20"})
  void core_randomUnitsUnderRandomFailures_verdictsAgreeWithTheDatabase(
      @ForAll @Size(max = 120) List<@IntRange(min = 0, max = 9999) Integer> script) {
    LaneModel world = new LaneModel();
    script.forEach(number -> step(world, number));
    world.heal();
    world.checkEnd();
  }

  /** The same, with another kernel taking over or a close in the middle. */
  @Property(tries = 1000)
  @Acceptance({"FL-17", "FL-23"})
  void core_stoppedInTheMiddle_verdictsAgreeWithTheDatabase(
      @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 9999) Integer> before,
      @ForAll @Size(max = 20) List<@IntRange(min = 0, max = 9999) Integer> after,
      @ForAll boolean fenced) {
    LaneModel world = new LaneModel();
    before.forEach(number -> step(world, number));
    int stored = world.commitOrder().size();
    if (fenced) {
      world.takeEpoch();
    } else {
      world.stop();
    }
    after.forEach(number -> step(world, number));
    world.heal();
    submit(world, 1, false);
    world.pump();
    world.heal();
    world.checkEnd();
    if (fenced) {
      assertThat(world.ownerStopped()).isTrue();
      assertThat(world.commitOrder()).hasSize(stored);
    }
  }

  /** One number is one event: its last digit which, the others the details. */
  private static void step(LaneModel world, int number) {
    int detail = number / 10;
    switch (number % 10) {
      case 0, 1, 2, 3 -> {
        for (int i = 0; i <= detail % 4; i++) {
          submit(world, detail + i, (detail + i) % 11 == 0);
        }
        world.pump();
      }
      case 4, 5, 6, 7 -> {
        if (world.busy()) {
          world.resolve(FATES[detail % FATES.length]);
        } else {
          world.connect(detail % 3 != 0);
        }
      }
      case 8 -> world.pass(Duration.ofMillis(detail));
      default -> {
        world.loseIdleConnection();
        world.connect(detail % 2 == 0);
      }
    }
  }

  private static final Fate[] FATES = {
    Fate.COMMIT,
    Fate.COMMIT,
    Fate.COMMIT,
    Fate.SERIALIZATION,
    Fate.LOST_BEFORE_COMMIT,
    Fate.LOST_IN_COMMIT_DONE,
    Fate.LOST_IN_COMMIT_UNDONE,
    Fate.DISK_FULL
  };

  private static void submit(LaneModel world, int detail, boolean poisoned) {
    world.submit(
        detail % 5 < 3 ? null : "key" + detail % 3,
        poisoned,
        detail % 2 == 0 ? AfterFailure.PROCEED : AfterFailure.FAIL,
        Duration.ofMillis(100 + detail));
  }

  @Test
  @Acceptance("FL-18")
  void rowFault_oneUnitOfABatch_isFoundInFewAttempts() {
    LaneCore core = new LaneCore(Lane.DURABLE, PipelineOptions.defaults());
    core.start(0);
    core.connected(0);
    List<Unit> units = new ArrayList<>();
    for (long i = 0; i < 1000; i++) {
      units.add(new Unit(Write.of(TestKinds.ADD, new TestKinds.Entry(i, "x")).build()));
      core.offer(units.get((int) i), 0);
    }
    Unit poisoned = units.get(617);
    List<Unit> committed = new ArrayList<>();
    List<Unit> failed = new ArrayList<>();
    int attempts = 0;
    List<Command> commands = core.pump();
    for (List<Unit> batch = sent(commands); batch != null; batch = sent(commands)) {
      attempts++;
      Outcome outcome =
          batch.contains(poisoned)
              ? new Outcome.RowFault("test.add", "23514", null)
              : new Outcome.Committed();
      commands = core.finished(outcome, 0);
      for (Command command : commands) {
        if (command instanceof Command.Settle settle) {
          (settle.failure() == null ? committed : failed).addAll(settle.units());
        }
      }
    }
    assertThat(failed).containsExactly(poisoned);
    assertThat(committed).hasSize(999).isSubsetOf(units);
    assertThat(attempts).isLessThanOrEqualTo(2 * 10 + 1);
  }

  private static @Nullable List<Unit> sent(List<Command> commands) {
    for (Command command : commands) {
      if (command instanceof Command.Send send) {
        return List.copyOf(send.units());
      }
    }
    return null;
  }

  @Test
  void pump_whileABatchIsUnderWay_gathersUpToTheByteBound() {
    add(null);
    model.pump();
    assertThat(model.sizeUnderWay()).isEqualTo(1);
    for (int i = 0; i < 8; i++) {
      add(null);
    }
    model.pump();
    assertThat(model.sends()).isEqualTo(1);
    model.resolve(Fate.COMMIT);
    assertThat(model.sizeUnderWay()).isGreaterThan(1).isLessThan(8);
  }

  @Test
  void pump_behindABatchWithoutKeys_sendsAFollower_whenTheLaneIsTaken() {
    Unit first = add(null);
    model.pump();
    Unit second = add(null);
    model.pump();
    assertThat(model.flying()).as("the first batch takes the lane").isEqualTo(1);
    model.resolve(Fate.COMMIT);
    assertThat(model.code(first)).isNull();
    Unit third = add(null);
    model.pump();
    assertThat(model.flying()).isEqualTo(2);
    add(null);
    model.pump();
    assertThat(model.flying()).isEqualTo(2);
    model.resolve(Fate.COMMIT);
    assertThat(model.code(second)).isNull();
    assertThat(model.flying()).isEqualTo(2);
    model.resolve(Fate.COMMIT);
    assertThat(model.code(third)).isNull();
    assertThat(model.flying()).isEqualTo(1);
  }

  @Test
  void unitsWithKeys_neitherFollowNorAreFollowed() {
    takeLane();
    add("k");
    model.pump();
    add(null);
    model.pump();
    assertThat(model.flying()).isEqualTo(1);
    model.resolve(Fate.COMMIT);
    add("k");
    model.pump();
    assertThat(model.flying()).isEqualTo(1);
  }

  @Test
  void lost_withAFollower_bothAreSentAgainInOrder() {
    takeLane();
    Unit first = add(null);
    model.pump();
    Unit second = add(null);
    model.pump();
    model.resolve(Fate.LOST_IN_COMMIT_DONE);
    assertThat(model.flying()).isZero();
    model.connect(true);
    assertThat(model.flying()).isEqualTo(1);
    model.resolve(Fate.COMMIT);
    assertThat(model.code(first)).isNull();
    model.resolve(Fate.COMMIT);
    assertThat(model.code(second)).isNull();
  }

  @Test
  void rowFault_withAFollower_isBisectedWhenThatHasEnded() {
    takeLane();
    Unit sound = add(null);
    Unit poisoned = Objects.requireNonNull(model.submit(null, true, AfterFailure.PROCEED, LONG));
    model.pump();
    Unit follower = add(null);
    model.pump();
    model.resolve(Fate.COMMIT);
    assertThat(model.flying()).isEqualTo(1);
    assertThat(model.settled(sound)).isFalse();
    model.resolve(Fate.COMMIT);
    assertThat(model.code(follower)).isNull();
    model.heal();
    assertThat(model.code(sound)).isNull();
    assertThat(model.code(poisoned)).isEqualTo(Code.REJECTED);
  }

  @Test
  void rowFault_withAFollower_isNotOverForWhoWaitsForIt() {
    takeLane();
    add(null);
    Objects.requireNonNull(model.submit(null, true, AfterFailure.PROCEED, LONG));
    model.pump();
    long place = model.lastPlace();
    add(null);
    model.pump();
    model.resolve(Fate.COMMIT);
    assertThat(model.settledUpTo(place)).isFalse();
    model.heal();
    assertThat(model.settledUpTo(place)).isTrue();
  }

  @Test
  void conflict_behindFollowers_isCountedAllTheSame() {
    takeLane();
    Unit unit = add(null);
    model.pump();
    for (int i = 0; i < 4; i++) {
      add(null);
      model.pump();
      model.resolve(Fate.SERIALIZATION);
      while (model.flying() > 1) {
        model.resolve(Fate.COMMIT);
      }
    }
    assertThat(model.code(unit)).isEqualTo(Code.REJECTED);
  }

  @Test
  void conflict_threeTimes_isRepeatedThenFails() {
    Unit unit = add(null);
    model.pump();
    for (int i = 0; i < 3; i++) {
      model.resolve(Fate.SERIALIZATION);
      assertThat(model.settled(unit)).isFalse();
    }
    model.resolve(Fate.SERIALIZATION);
    assertThat(model.code(unit)).isEqualTo(Code.REJECTED);
    assertThat(model.sends()).isEqualTo(4);
    assertThat(model.connectionsOpened()).isEqualTo(1);
  }

  @Test
  @Acceptance("FL-20")
  void lost_duringCommit_sameBatchFirstAndNewUnitsRefusedMeanwhile() {
    Unit first = add("k");
    model.pump();
    Unit gathered = add("k");
    model.resolve(Fate.LOST_IN_COMMIT_UNDONE);
    assertThat(model.state()).isEqualTo(LaneState.AWAY);
    Unit refused = add("k");
    assertThat(model.code(refused)).isEqualTo(Code.DATABASE_AWAY);
    model.connect(false);
    model.connect(true);
    assertThat(model.state()).isEqualTo(LaneState.AWAY);
    assertThat(model.sizeUnderWay()).isEqualTo(1);
    model.resolve(Fate.COMMIT);
    assertThat(model.state()).isEqualTo(LaneState.AVAILABLE);
    assertThat(model.code(first)).isNull();
    model.resolve(Fate.COMMIT);
    assertThat(model.code(gathered)).isNull();
    assertThat(model.commitOrder()).containsExactly(1L, 2L);
  }

  @Test
  @Acceptance("FL-20")
  void lost_untilTheDeadline_sentUnitIsUnknownAndUnsentUnitIsNotWritten() {
    Unit sent = add("k", AfterFailure.PROCEED, Duration.ofSeconds(1));
    model.pump();
    Unit unsent = add("other", AfterFailure.PROCEED, Duration.ofSeconds(1));
    Unit follower = add("k", AfterFailure.FAIL, LONG);
    Unit patient = add("other", AfterFailure.PROCEED, LONG);
    model.resolve(Fate.LOST_IN_COMMIT_DONE);
    model.pass(Duration.ofMillis(999));
    assertThat(model.settled(sent)).isFalse();
    model.pass(Duration.ofMillis(1));
    assertThat(model.code(sent)).isEqualTo(Code.OUTCOME_UNKNOWN);
    assertThat(model.code(unsent)).isEqualTo(Code.DATABASE_AWAY);
    assertThat(model.code(follower)).isEqualTo(Code.PREDECESSOR_FAILED);
    assertThat(model.settled(patient)).isFalse();
    model.heal();
    assertThat(model.code(patient)).isNull();
    model.checkEnd();
  }

  @Test
  @Acceptance("FL-20")
  void lost_beforeCommitUntilTheDeadline_isUnknownToo() {
    Unit sent = add("k", AfterFailure.PROCEED, Duration.ofSeconds(1));
    model.pump();
    model.resolve(Fate.LOST_BEFORE_COMMIT);
    model.pass(Duration.ofSeconds(1));
    assertThat(model.code(sent)).isEqualTo(Code.OUTCOME_UNKNOWN);
  }

  @Test
  void stale_afterALossInCommit_neverSaysThatNothingWasWritten() {
    Unit unit = add("k");
    model.pump();
    model.resolve(Fate.LOST_IN_COMMIT_DONE);
    model.takeEpoch();
    model.connect(true);
    model.resolve(Fate.COMMIT);
    assertThat(model.stored(unit)).isTrue();
    assertThat(model.code(unit)).isEqualTo(Code.OUTCOME_UNKNOWN);
    assertThat(model.ownerStopped()).isTrue();
  }

  @Test
  void deadline_whileTheDatabaseAnswers_isNotJudged() {
    Unit unit = add(null, AfterFailure.PROCEED, Duration.ofMillis(1));
    model.pump();
    model.pass(Duration.ofSeconds(5));
    assertThat(model.settled(unit)).isFalse();
    model.resolve(Fate.COMMIT);
    assertThat(model.code(unit)).isNull();
  }

  @Test
  @Acceptance("FL-21")
  void budget_bulkAndDurable_refusesBulkAtFourFifthsAndAllAtTheLimit() {
    Budget budget = new Budget(1000, 10);
    assertThat(budget.reserve(Lane.BULK, 800)).isNull();
    WriteFailure bulk = Objects.requireNonNull(budget.reserve(Lane.BULK, 1));
    assertThat(bulk).hasMessageContaining("bytes=800 of 800");
    assertThat(budget.reserve(Lane.DURABLE, 200)).isNull();
    WriteFailure all = Objects.requireNonNull(budget.reserve(Lane.DURABLE, 1));
    assertThat(all.code()).isEqualTo(Code.FULL);
    assertThat(all).hasMessageContaining("bytes=1000 of 1000");
    budget.release(1000, 2);
    assertThat(budget.reserve(Lane.DURABLE, 1)).isNull();
  }

  @Test
  void outcome_sqlStates_areJudgedByClass() {
    assertThat(outcome("22P02")).isInstanceOf(Outcome.RowFault.class);
    assertThat(outcome("23505")).isInstanceOf(Outcome.RowFault.class);
    assertThat(outcome("40001")).isInstanceOf(Outcome.Conflict.class);
    assertThat(outcome("40P01")).isInstanceOf(Outcome.Conflict.class);
    for (String kept : List.of("40003", "08006", "53100", "57P01", "57014", "58030", "42P01")) {
      assertThat(outcome(kept)).isInstanceOf(Outcome.Lost.class);
    }
  }

  private static Outcome outcome(String sqlState) {
    return Outcome.ofSqlState("s", sqlState, null, true);
  }

  /** Followers are sent when the connection has committed a batch. */
  private void takeLane() {
    add(null);
    model.pump();
    model.resolve(Fate.COMMIT);
  }

  private Unit add(@Nullable Object key) {
    return add(key, AfterFailure.PROCEED, LONG);
  }

  private Unit add(@Nullable Object key, AfterFailure afterFailure, Duration within) {
    return Objects.requireNonNull(model.submit(key, false, afterFailure, within));
  }
}
