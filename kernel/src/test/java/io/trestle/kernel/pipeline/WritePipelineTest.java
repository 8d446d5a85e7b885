package io.trestle.kernel.pipeline;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.pipeline.TestKinds.Blob;
import io.trestle.kernel.pipeline.TestKinds.Child;
import io.trestle.kernel.pipeline.TestKinds.Entry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgConnectOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The pipeline on a real PostgreSQL that behaves. */
class WritePipelineTest {

  private static Vertx vertx;
  private PgConnectOptions database;
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
    pipeline = TestPipelines.start(vertx, database, PipelineOptions.defaults());
  }

  @AfterEach
  void stopPipeline() {
    TestPipelines.get(pipeline.close());
  }

  @Test
  void submit_idle_isCommittedWhenTheFutureCompletes() {
    TestPipelines.get(pipeline.submit(TestKinds.ADD, new Entry(1, "one")));
    assertThat(bodies()).containsExactly("1=one");
  }

  @Test
  void submit_manyAtOnce_sharesTransactions() {
    List<Future<Void>> all = new ArrayList<>();
    for (long i = 0; i < 5000; i++) {
      all.add(pipeline.submit(TestKinds.ADD, new Entry(i, "x")));
    }
    TestPipelines.get(Future.all(all));
    assertThat(count("SELECT count(*) FROM entries")).isEqualTo(5000);
    assertThat(count("SELECT count(DISTINCT xmin::text) FROM entries")).isLessThan(500);
  }

  @Test
  void submit_calledOnAnEventLoop_completesOnItsContext() {
    Context caller = vertx.getOrCreateContext();
    Promise<Context> completedOn = Promise.promise();
    caller.runOnContext(
        v ->
            pipeline
                .submit(TestKinds.ADD, new Entry(1, "x"))
                .onComplete(done -> completedOn.complete(Vertx.currentContext())));
    assertThat(TestPipelines.get(completedOn.future())).isSameAs(caller);
  }

  @Test
  void submit_listenerThrows_othersOfTheBatchStillGetTheirVerdict() {
    Context caller = vertx.getOrCreateContext();
    Promise<Void> second = Promise.promise();
    Promise<Throwable> reported = Promise.promise();
    caller.exceptionHandler(reported::tryComplete);
    caller.runOnContext(
        v -> {
          pipeline
              .submit(TestKinds.ADD, new Entry(1, "x"))
              .onSuccess(
                  done -> {
                    throw new IllegalStateException("a listener's own fault");
                  });
          pipeline.submit(TestKinds.ADD, new Entry(2, "x")).onComplete(second);
        });
    TestPipelines.get(second.future());
    assertThat(TestPipelines.get(reported.future())).hasMessage("a listener's own fault");
  }

  @Test
  void submit_childrenBeforeParentsInOneBatch_areOrderedByPriority() {
    long children = 50;
    List<Future<Void>> all = new ArrayList<>();
    for (long i = 0; i < children; i++) {
      Write write =
          Write.of(TestKinds.PARENT, i).and(TestKinds.CHILD, new Child(i, i)).orderKey(i).build();
      all.add(pipeline.submit(write));
    }
    TestPipelines.get(Future.all(all));
    assertThat(count("SELECT count(*) FROM entries JOIN parents ON parent = parents.id"))
        .isEqualTo(children);
  }

  @Test
  void submit_sameRowChangedManyTimesInOneBatch_lastOneStays() {
    List<Future<Void>> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Entry entry = new Entry(1, "v" + i);
      all.add(pipeline.submit(Write.of(TestKinds.PUT, entry).orderKey(1L).build()));
    }
    TestPipelines.get(Future.all(all));
    assertThat(bodies()).containsExactly("1=v199");
  }

  @Test
  @Acceptance("FL-18")
  void submit_onePoisonedRowAmongAThousandUnits_onlyItsUnitFails() {
    List<Future<Void>> all = new ArrayList<>();
    for (long i = 0; i < 1000; i++) {
      String second = i == 617 ? "poison" : "fine";
      all.add(
          pipeline.submit(
              Write.of(TestKinds.ADD, new Entry(i, "fine"))
                  .and(TestKinds.ADD, new Entry(10_000 + i, second))
                  .build()));
    }
    for (int i = 0; i < all.size(); i++) {
      WriteFailure failure = TestPipelines.verdict(all.get(i));
      if (i == 617) {
        assertThat(failure).isNotNull();
        assertThat(failure.code()).isEqualTo(WriteFailure.Code.REJECTED);
        assertThat(failure.sqlState()).contains("23514");
        assertThat(failure.constraint()).contains("entries_body_check");
        assertThat(failure.getMessage()).contains("test.add");
      } else {
        assertThat(failure).isNull();
      }
    }
    assertThat(count("SELECT count(*) FROM entries")).isEqualTo(1998);
    assertThat(count("SELECT count(*) FROM entries WHERE id IN (617, 10617)")).isZero();
  }

  @Test
  void submit_valueTooLargeForAnIndex_isARowFaultToo() throws SQLException {
    try (Connection connection = TestPostgres.jdbc(database);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE INDEX entries_body ON entries (body)");
    }
    String incompressible =
        new Random(1).ints(20_000, 33, 127).mapToObj(Character::toString).collect(joining());
    Future<Void> large = pipeline.submit(TestKinds.ADD, new Entry(1, incompressible));
    Future<Void> other = pipeline.submit(TestKinds.ADD, new Entry(2, "fine"));
    WriteFailure failure = TestPipelines.verdict(large);
    assertThat(failure).isNotNull();
    assertThat(failure.code()).isEqualTo(WriteFailure.Code.REJECTED);
    assertThat(failure.sqlState()).contains("54000");
    TestPipelines.get(other);
    assertThat(bodies()).containsExactly("2=fine");
  }

  @Test
  void submit_constraintCheckedAtCommit_isARowFaultToo() {
    TestPostgres.execute(
        database, "ALTER TABLE entries ALTER CONSTRAINT entries_parent_fkey INITIALLY DEFERRED");
    Future<Void> orphan = pipeline.submit(TestKinds.CHILD, new Child(1, 99));
    Future<Void> other = pipeline.submit(TestKinds.ADD, new Entry(2, "x"));
    assertThat(TestPipelines.code(orphan)).isEqualTo(WriteFailure.Code.REJECTED);
    assertThat(TestPipelines.code(other)).isNull();
    assertThat(bodies()).containsExactly("2=x");
  }

  @Test
  void submit_afterFailureFail_failsBehindThePoisonedUnitOnly() {
    Write poison = Write.of(TestKinds.ADD, new Entry(1, "poison")).orderKey("k").build();
    Write.Builder failing = Write.of(TestKinds.ADD, new Entry(2, "x")).orderKey("k");
    Write proceeding = Write.of(TestKinds.ADD, new Entry(3, "x")).orderKey("k").build();
    Write.Builder other = Write.of(TestKinds.ADD, new Entry(4, "x")).orderKey("other");
    try (Held held = hold("entries")) {
      Future<Void> first = pipeline.submit(TestKinds.ADD, new Entry(0, "x"));
      held.awaitWaiter();
      Future<Void> a = pipeline.submit(poison);
      Future<Void> b = pipeline.submit(failing.afterFailure(AfterFailure.FAIL).build());
      Future<Void> c = pipeline.submit(proceeding);
      Future<Void> d = pipeline.submit(other.afterFailure(AfterFailure.FAIL).build());
      held.release();
      assertThat(TestPipelines.code(first)).isNull();
      assertThat(TestPipelines.code(a)).isEqualTo(WriteFailure.Code.REJECTED);
      assertThat(TestPipelines.code(b)).isEqualTo(WriteFailure.Code.PREDECESSOR_FAILED);
      assertThat(TestPipelines.code(c)).isNull();
      assertThat(TestPipelines.code(d)).isNull();
    }
    assertThat(bodies()).containsExactly("0=x", "3=x", "4=x");
  }

  @Test
  @Acceptance("FL-22")
  void submit_bulkBatchOfEightMebibytesHeldByALock_durableCommitsMeanwhile() {
    try (Held held = hold("telemetry")) {
      List<Blob> blobs =
          LongStream.range(0, 8)
              .mapToObj(i -> new Blob(i, Buffer.buffer(new byte[1 << 20])))
              .toList();
      Future<Void> bulk = pipeline.submit(Write.ofAll(TestKinds.TELEMETRY, blobs).build());
      held.awaitWaiter();
      TestPipelines.get(pipeline.submit(TestKinds.ADD, new Entry(1, "x")));
      assertThat(bodies()).containsExactly("1=x");
      assertThat(bulk.isComplete()).isFalse();
      held.release();
      TestPipelines.get(bulk);
    }
    assertThat(count("SELECT sum(length(body)) FROM telemetry")).isEqualTo(8L << 20);
  }

  @Test
  @Acceptance("FL-23")
  void submit_epochTakenByAnother_nothingIsCommittedAndTheOwnerIsTold() {
    TestPipelines.get(pipeline.submit(TestKinds.ADD, new Entry(1, "x")));
    TestPostgres.execute(database, TestKinds.insertKernel(UUID.randomUUID(), 2));

    List<Future<Void>> late = new ArrayList<>();
    for (long i = 2; i < 10; i++) {
      late.add(pipeline.submit(TestKinds.ADD, new Entry(i, "x")));
    }
    late.add(pipeline.submit(TestKinds.TELEMETRY, new Blob(1, Buffer.buffer("x"))));
    assertThat(late)
        .allSatisfy(f -> assertThat(TestPipelines.code(f)).isEqualTo(WriteFailure.Code.FENCED));
    TestPipelines.get(pipeline.fenced());
    assertThat(bodies()).containsExactly("1=x");
    assertThat(count("SELECT count(*) FROM telemetry")).isZero();
    assertThat(TestPipelines.code(pipeline.submit(TestKinds.ADD, new Entry(11, "x"))))
        .isEqualTo(WriteFailure.Code.FENCED);
  }

  @Test
  @Acceptance("FL-23")
  void submit_rowOfTheKernelIsGone_isFencedAndNotTheFaultOfTheRows() {
    TestPostgres.execute(database, "DELETE FROM kernels");
    assertThat(TestPipelines.code(pipeline.submit(TestKinds.ADD, new Entry(1, "x"))))
        .isEqualTo(WriteFailure.Code.FENCED);
    assertThat(bodies()).isEmpty();
  }

  @Test
  @Acceptance("FL-23")
  void submit_epochTakenWhileABatchIsUnderWay_theTakerWaitsForIt() throws SQLException {
    try (Held held = hold("entries");
        Connection taker = TestPostgres.jdbc(database);
        Statement take = taker.createStatement()) {
      Future<Void> before = pipeline.submit(TestKinds.ADD, new Entry(1, "x"));
      held.awaitWaiter();
      taker.setAutoCommit(false);
      take.execute("SET lock_timeout = '200ms'");
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> take.execute(Fence.LOCK_FOR_NEW_EPOCH)))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55P03"));
      taker.rollback();
      held.release();
      TestPipelines.get(before);
      take.execute(Fence.LOCK_FOR_NEW_EPOCH);
      take.execute(TestKinds.insertKernel(UUID.randomUUID(), 2));
      Future<Void> after = pipeline.submit(TestKinds.ADD, new Entry(2, "x"));
      taker.commit();
      assertThat(TestPipelines.code(after)).isEqualTo(WriteFailure.Code.FENCED);
    }
    assertThat(bodies()).containsExactly("1=x");
  }

  @Test
  @Acceptance("FL-21")
  void submit_pipelineFull_refusesBulkFirstThenAllWithTheFigures() {
    TestPipelines.get(pipeline.close());
    pipeline =
        TestPipelines.start(vertx, database, PipelineOptions.defaults().withBounds(1 << 20, 10));
    try (Held held = hold("entries")) {
      List<Future<Void>> waiting = new ArrayList<>();
      for (long i = 0; i < 8; i++) {
        waiting.add(pipeline.submit(TestKinds.ADD, new Entry(i, "x")));
      }
      WriteFailure bulk =
          TestPipelines.verdict(
              pipeline.submit(TestKinds.TELEMETRY, new Blob(1, Buffer.buffer("x"))));
      assertThat(bulk).hasMessageContaining("FULL").hasMessageContaining("units=8 of 8");
      waiting.add(pipeline.submit(TestKinds.ADD, new Entry(8, "x")));
      waiting.add(pipeline.submit(TestKinds.ADD, new Entry(9, "x")));
      WriteFailure durable =
          TestPipelines.verdict(pipeline.submit(TestKinds.ADD, new Entry(10, "x")));
      assertThat(durable).hasMessageContaining("FULL").hasMessageContaining("units=10 of 10");
      assertThat(pipeline.unitsWaiting()).isEqualTo(10);
      held.release();
      TestPipelines.get(Future.all(waiting));
      assertThat(pipeline.unitsWaiting()).isZero();
      assertThat(pipeline.bytesWaiting()).isZero();
    }
  }

  @Test
  void flush_withWritesUnderWay_completesAfterThem() {
    Future<Void> write;
    Future<Void> flush;
    try (Held held = hold("entries")) {
      write = pipeline.submit(TestKinds.ADD, new Entry(1, "x"));
      flush = pipeline.flush();
      held.awaitWaiter();
      assertThat(flush.isComplete()).isFalse();
      held.release();
    }
    TestPipelines.get(flush);
    assertThat(TestPipelines.code(write)).isNull();
  }

  @Test
  void close_withAHeldBatch_givesUpAfterTheGraceAndRefusesNewWrites() {
    TestPipelines.get(pipeline.submit(TestKinds.ADD, new Entry(9, "first")));
    try (Held held = hold("entries")) {
      Future<Void> underWay = pipeline.submit(TestKinds.ADD, new Entry(1, "x"));
      held.awaitWaiter();
      Future<Void> following = pipeline.submit(TestKinds.ADD, new Entry(2, "x"));
      Future<Void> queued = pipeline.submit(TestKinds.PUT, new Entry(4, "x"));
      TestPipelines.get(pipeline.close(Duration.ofMillis(50)));
      // a lone statement commits itself: only PostgreSQL knows
      assertThat(TestPipelines.code(underWay)).isEqualTo(WriteFailure.Code.OUTCOME_UNKNOWN);
      assertThat(TestPipelines.code(following)).isEqualTo(WriteFailure.Code.OUTCOME_UNKNOWN);
      assertThat(TestPipelines.code(queued)).isEqualTo(WriteFailure.Code.CLOSED);
      assertThat(TestPipelines.code(pipeline.submit(TestKinds.ADD, new Entry(3, "x"))))
          .isEqualTo(WriteFailure.Code.CLOSED);
      held.release();
    }
    assertThat(bodies()).contains("9=first").doesNotContain("1=x", "3=x", "4=x");
  }

  @Test
  void close_calledTwice_leavesNothingDeployed() {
    TestPipelines.get(pipeline.close());
    TestPipelines.get(pipeline.close());
    await().until(() -> vertx.deploymentIDs().isEmpty());
  }

  @Test
  void close_withWritesWaiting_commitsThemFirst() {
    List<Future<Void>> all = new ArrayList<>();
    for (long i = 0; i < 500; i++) {
      all.add(pipeline.submit(TestKinds.ADD, new Entry(i, "x")));
    }
    TestPipelines.get(pipeline.close(TestPipelines.PATIENCE));
    TestPipelines.get(Future.all(all));
    assertThat(count("SELECT count(*) FROM entries")).isEqualTo(500);
  }

  private List<String> bodies() {
    return TestPostgres.query(database, "SELECT id || '=' || body FROM entries ORDER BY id")
        .stream()
        .map(row -> String.valueOf(row.get(0)))
        .toList();
  }

  private long count(String sql) {
    return Long.parseLong(String.valueOf(TestPostgres.query(database, sql).get(0).get(0)));
  }

  private Held hold(String table) {
    return new Held(database, table);
  }
}
