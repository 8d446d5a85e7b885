package io.trestle.kernel.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.Acceptance;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.pipeline.FaultyProxy.Fault;
import io.trestle.kernel.pipeline.TestKinds.Child;
import io.trestle.kernel.pipeline.TestKinds.Entry;
import io.trestle.kernel.pipeline.WriteFailure.Code;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pipeline on a real PostgreSQL whose connections break. */
class WritePipelineFaultTest {

  private static Vertx vertx;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private PgConnectOptions database;
  private FaultyProxy proxy;
  private WritePipeline pipeline;

  @BeforeAll
  static void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopVertx() {
    TestPipelines.get(vertx.close());
  }

  @BeforeEach
  void startPipeline() {
    database = TestPipelines.newDatabase();
    proxy = new FaultyProxy(vertx, database);
    pipeline = startPipeline(PipelineOptions.defaults());
  }

  @AfterEach
  void stopPipeline() {
    TestPipelines.get(pipeline.close());
    proxy.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"NONE", "LEAVE_GHOST", "ROLL_BACK_INSTEAD"})
  @Acceptance({"FL-17", "FL-20"})
  void submit_connectionCutOnce_isCommittedOnceAndInOrder(Fault fault) {
    List<Future<Void>> all = new ArrayList<>();
    try (Held held = new Held(database, "entries")) {
      all.add(pipeline.submit(twoRows(0)));
      held.awaitWaiter();
      for (long i = 1; i < 20; i++) {
        all.add(pipeline.submit(twoRows(i)));
      }
      await().until(() -> depth() == 20);
      proxy.strikeOnce(fault);
      held.release();
      TestPipelines.get(Future.all(all));
    }
    assertThat(proxy.struck()).isEqualTo(1);
    assertThat(ids("SELECT id FROM entries WHERE id < 100 ORDER BY place"))
        .isEqualTo(LongStream.range(0, 20).boxed().toList());
    assertThat(ids("SELECT count(*) FROM entries")).containsExactly(40L);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"NONE", "LEAVE_GHOST"})
  @Acceptance({"FL-17", "FL-20"})
  void submit_severalStatementsCutOnce_areCommittedOnce(Fault fault) {
    TestPipelines.get(pipeline.submit(ordered(1)));
    proxy.strikeOnce(fault);
    TestPipelines.get(
        pipeline.submit(
            Write.of(TestKinds.PARENT, 7L).and(TestKinds.CHILD, new Child(2, 7)).build()));
    assertThat(proxy.struck()).isEqualTo(1);
    assertThat(ids("SELECT id FROM entries ORDER BY place")).containsExactly(1L, 2L);
    assertThat(ids("SELECT id FROM parents")).containsExactly(7L);
  }

  /** The network held the lone statement up for so long that a newer connection has written. */
  @Test
  @Acceptance({"FL-17", "FL-20"})
  void submit_lostAttemptArrivesAfterNewerWrites_changesNothing() {
    TestPipelines.get(pipeline.submit(ordered(1)));
    proxy.strikeOnce(Fault.LEAVE_GHOST);
    TestPipelines.get(pipeline.submit(TestKinds.PUT, new Entry(2, "old")));
    TestPipelines.get(pipeline.submit(TestKinds.PUT, new Entry(2, "new")));
    proxy.releaseGhost();
    await().until(() -> proxy.ghostAnswer().contains(Outcome.SUPERSEDED));
    assertThat(ids("SELECT id FROM entries WHERE body = 'new'")).containsExactly(2L);
  }

  @Test
  @Acceptance("FL-20")
  void submit_connectionLostDuringCommit_sameBatchGoesBeforeWhatWasGathered() {
    try (Held held = new Held(database, "entries")) {
      proxy.strikeOnce(Fault.CUT_BEFORE_COMMIT);
      Future<Void> first = pipeline.submit(ordered(1));
      held.awaitWaiter();
      Future<Void> gathered = pipeline.submit(ordered(2));
      held.release();
      TestPipelines.get(Future.all(first, gathered));
    }
    assertThat(proxy.struck()).isEqualTo(1);
    assertThat(ids("SELECT id FROM entries ORDER BY place")).containsExactly(1L, 2L);
    assertThat(ids("SELECT count(DISTINCT xmin::text) FROM entries")).containsExactly(2L);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Acceptance("FL-20")
  void submit_databaseStaysAwayPastTheDeadline_isUnknownAndLaterWritesAreRefused(boolean done) {
    ConcurrentLinkedQueue<LaneState> states = new ConcurrentLinkedQueue<>();
    pipeline.onState((lane, state) -> addDurable(states, lane, state));
    TestPipelines.get(pipeline.submit(ordered(1)));
    proxy.strike(
        () -> {
          proxy.downSoon();
          return done ? Fault.CUT_DURING_COMMIT : Fault.CUT_BEFORE_COMMIT;
        });
    Future<Void> lost =
        pipeline.submit(
            Write.of(TestKinds.ADD, new Entry(2, "x")).within(Duration.ofMillis(300)).build());
    await().until(() -> pipeline.state(Lane.DURABLE) == LaneState.AWAY);
    assertThat(TestPipelines.code(pipeline.submit(ordered(3)))).isEqualTo(Code.DATABASE_AWAY);
    assertThat(TestPipelines.code(lost)).isEqualTo(Code.OUTCOME_UNKNOWN);

    proxy.strike(() -> Fault.NONE);
    proxy.up();
    await().until(() -> pipeline.state(Lane.DURABLE) == LaneState.AVAILABLE);
    TestPipelines.get(pipeline.submit(ordered(4)));
    assertThat(ids("SELECT id FROM entries ORDER BY place"))
        .isEqualTo(done ? List.of(1L, 2L, 4L) : List.of(1L, 4L));
    assertThat(states).containsExactly(LaneState.AWAY, LaneState.AVAILABLE);
  }

  /** Network gone, PostgreSQL has not noticed: the second attempt must not pass the first. */
  @Test
  @Acceptance({"FL-17", "FL-20"})
  void submit_lostAttemptStillOpenInPostgresql_nextAttemptWaitsForIt() {
    proxy.strikeOnce(Fault.LEAVE_GHOST);
    Future<Void> write = pipeline.submit(ordered(1));
    await()
        .until(
            () ->
                ids("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
                        + " AND datname = current_database()")
                    .equals(List.of(1L)));
    assertThat(ids("SELECT count(*) FROM entries")).containsExactly(0L);
    proxy.releaseGhost();
    TestPipelines.get(write);
    assertThat(ids("SELECT id FROM entries")).containsExactly(1L);
    assertThat(ids("SELECT place FROM entries")).containsExactly(1L);
  }

  @Test
  @Acceptance("FL-17")
  void submit_backendTerminatedInTheMiddle_isCommittedOnce() {
    try (Held held = new Held(database, "entries")) {
      Future<Void> write = pipeline.submit(ordered(1));
      held.awaitWaiter();
      TestPostgres.query(
          database,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
      await().until(() -> pipeline.state(Lane.DURABLE) == LaneState.AWAY);
      held.release();
      TestPipelines.get(write);
    }
    assertThat(ids("SELECT id FROM entries")).containsExactly(1L);
  }

  @Test
  void submit_noAnswerWithinTheAttemptTimeout_isSentAgainOnANewConnection() {
    TestPipelines.get(pipeline.close());
    pipeline = startPipeline(PipelineOptions.defaults().withAttemptTimeout(Duration.ofMillis(200)));
    try (Held held = new Held(database, "entries")) {
      Future<Void> write = pipeline.submit(ordered(1));
      await().until(() -> pipeline.state(Lane.DURABLE) == LaneState.AWAY);
      held.release();
      TestPipelines.get(write);
    }
    assertThat(ids("SELECT id FROM entries")).containsExactly(1L);
  }

  @Test
  void submit_statementThatCanNeverSucceed_holdsUpItsLaneOnlyUntilItsDeadline() {
    TestPostgres.execute(database, "ALTER TABLE parents RENAME TO gone");
    Future<Void> broken =
        pipeline.submit(Write.of(TestKinds.PARENT, 1L).within(Duration.ofMillis(200)).build());
    assertThat(TestPipelines.code(broken)).isEqualTo(Code.OUTCOME_UNKNOWN);
    await().until(() -> pipeline.state(Lane.DURABLE) == LaneState.AVAILABLE);
    TestPipelines.get(pipeline.submit(ordered(1)));
  }

  @Test
  void start_databaseRefusesConnections_fails() {
    proxy.down();
    Future<WritePipeline> start =
        WritePipeline.start(
            vertx,
            ConnectionSource.of(vertx, proxy.options()),
            TestKinds.FENCE,
            PipelineOptions.defaults(),
            new SimpleMeterRegistry());
    boolean failed = TestPipelines.get(start.map(false).otherwise(true));
    assertThat(failed).isTrue();
    proxy.up();
  }

  @Test
  void metrics_afterAPoisonedUnitAndALoss_tellOfBoth() {
    Future<Void> poisoned = pipeline.submit(TestKinds.ADD, new Entry(1, "poison"));
    assertThat(TestPipelines.code(poisoned)).isEqualTo(Code.REJECTED);
    proxy.strikeOnce(Fault.CUT_DURING_COMMIT);
    TestPipelines.get(pipeline.submit(TestKinds.ADD, new Entry(2, "x")));
    assertThat(counter("poisoned", "kind", "test.add")).isEqualTo(1);
    assertThat(counter("retries", "reason", "Lost")).isEqualTo(1);
    assertThat(counter("rows", "kind", "test.add")).isEqualTo(1);
    await().until(() -> depth() == 0); // said behind the news of the write
    assertThat(meters.get("trestle.pipeline.commit").tag("lane", "durable").timer().count())
        .isEqualTo(1);
  }

  /** FL-17 for real: what the futures said is what the database has. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @Acceptance({"FL-17", "FL-19"})
  void submit_randomFaults_verdictsAgreeWithTheDatabase(long seed) {
    Random random = new Random(seed);
    Random faults = new Random(seed + 100);
    Fault[] all = EnumSet.complementOf(EnumSet.of(Fault.LEAVE_GHOST)).toArray(Fault[]::new);
    proxy.strike(() -> faults.nextInt(3) == 0 ? all[faults.nextInt(all.length)] : Fault.NONE);

    Map<Long, Future<Void>> writes = new HashMap<>();
    for (long id = 0; id < 400; id++) {
      writes.put(id, pipeline.submit(randomWrite(id, random)));
      if (id % 20 == 0) {
        TestPipelines.verdict(writes.get(id));
      }
    }
    writes.values().forEach(TestPipelines::verdict);
    assertThat(proxy.struck()).isPositive();

    Map<Long, Long> rows = new HashMap<>();
    ids("SELECT id FROM entries").forEach(id -> rows.merge(id % 1000, 1L, Long::sum));
    writes.forEach(
        (id, future) -> {
          Code code = TestPipelines.code(future);
          Long stored = rows.get(id);
          if (code == null) {
            assertThat(stored).as("unit %d is whole", id).isEqualTo(2L);
          } else if (!code.maybeWritten()) {
            assertThat(stored).as("unit %d: %s", id, code).isNull();
          }
        });
    for (int key = 0; key < 3; key++) {
      assertThat(
              ids("SELECT id FROM entries WHERE id < 1000 AND id % 3 = " + key + " ORDER BY place"))
          .isSorted();
    }
  }

  private static Write randomWrite(long id, Random random) {
    String second = random.nextInt(25) == 0 ? "poison" : "x";
    return Write.of(TestKinds.ADD, new Entry(id, "x"))
        .and(random.nextBoolean() ? TestKinds.ADD : TestKinds.PUT, new Entry(1000 + id, second))
        .orderKey("key" + id % 3)
        .afterFailure(random.nextBoolean() ? AfterFailure.FAIL : AfterFailure.PROCEED)
        .build();
  }

  private static void addDurable(
      ConcurrentLinkedQueue<LaneState> states, Lane lane, LaneState state) {
    if (lane == Lane.DURABLE) {
      states.add(state);
    }
  }

  private WritePipeline startPipeline(PipelineOptions options) {
    return TestPipelines.start(vertx, ConnectionSource.of(vertx, proxy.options()), options, meters);
  }

  private static Write twoRows(long id) {
    return Write.of(TestKinds.ADD, new Entry(id, "x"))
        .and(TestKinds.ADD, new Entry(100 + id, "y"))
        .orderKey("k")
        .build();
  }

  private static Write ordered(long id) {
    return Write.of(TestKinds.ADD, new Entry(id, "x")).orderKey("k").build();
  }

  private double depth() {
    return meters.get("trestle.pipeline.depth").tag("lane", "durable").gauge().value();
  }

  private double counter(String name, String tag, String value) {
    return meters.get("trestle.pipeline." + name).tag(tag, value).counter().count();
  }

  private List<Long> ids(String sql) {
    return TestPostgres.query(database, sql).stream()
        .map(row -> Long.valueOf(text(row.get(0))))
        .toList();
  }

  private static String text(@Nullable String value) {
    return String.valueOf(value);
  }
}
