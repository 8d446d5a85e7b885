package io.trestle.traces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.kernel.TestStage;
import io.trestle.kernel.settings.TelemetrySettings;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long streams are kept, on the clock and with the settings of a kernel. */
class SweeperTest {
  private static final LocalDate TODAY = LocalDate.of(2026, 3, 10);
  private static final Duration JUMP = Duration.ofDays(300);

  private final AtomicLong now = new AtomicLong(noon(TODAY));
  private final TestStage stage = TestStage.of("traces", now::get);
  private final Pool pool = stage.house().database().pool();
  private final TraceStore store = new TraceStore(pool);
  private final Sweeper sweeper = new Sweeper(stage.house(), store);

  private static long noon(LocalDate day) {
    return day.atTime(12, 0).toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  /** A chunk on each of the last five days and today. */
  @BeforeEach
  void history() {
    for (int ago = 5; ago >= 0; ago--) {
      TestStage.await(store.partition(TODAY.minusDays(ago)));
      chunk(noon(TODAY.minusDays(ago)));
    }
  }

  @AfterEach
  void close() {
    stage.close();
  }

  private void chunk(long at) {
    TestStage.await(
        pool.preparedQuery("INSERT INTO trace_chunks VALUES ($1, 1, $2, 1, 'k', '', 0, $1, $1, 1)")
            .execute(Tuple.of(UUID.randomUUID(), at)));
  }

  /** As the timer does it. */
  private void sweep() {
    TestStage.await(sweeper.partitions());
    TestStage.await(sweeper.retention());
  }

  /** Days of the chunks that are there. */
  private List<LocalDate> days() {
    List<LocalDate> days = new ArrayList<>();
    TestStage.await(
            pool.query(
                    "SELECT (to_timestamp(created_at_ms / 1000) AT TIME ZONE 'UTC')::date AS day"
                        + " FROM trace_chunks ORDER BY created_at_ms")
                .execute())
        .forEach(row -> days.add(row.getLocalDate("day")));
    return days;
  }

  private void keep(Duration time) {
    String key = TelemetrySettings.LOGS_RETENTION.name();
    TestStage.await(stage.house().settings().update(key, String.valueOf(time.toMillis())));
    await()
        .until(() -> stage.house().settings().get(TelemetrySettings.LOGS_RETENTION).equals(time));
  }

  @Test
  void clockThatJumpsAhead_takesOneDayASweep_andNothingOnceItIsRight() {
    sweep();
    assertThat(days()).hasSize(6);

    now.addAndGet(JUMP.toMillis());
    sweep();
    assertThat(days()).as("nothing is younger, so nothing is old").hasSize(6);
    chunk(now.get());
    sweep();
    assertThat(days()).hasSize(6).doesNotContain(TODAY.minusDays(5)).contains(TODAY.minusDays(4));
    sweep();
    assertThat(days())
        .hasSize(5)
        .doesNotContain(TODAY.minusDays(4))
        .contains(TODAY.minusDays(3), TODAY);

    now.addAndGet(-JUMP.toMillis());
    sweep();
    sweep();
    assertThat(days()).hasSize(5).contains(TODAY.minusDays(3), TODAY, TODAY.plusDays(300));
  }

  @Test
  void rowOfAnOddTime_isNotOlderThanTheDayThatIsDropped() {
    chunk(noon(TODAY.minusDays(2)) - Duration.ofDays(100).toMillis());
    LocalDate odd = TODAY.plusDays(40); // has no partition until the clock is there
    chunk(noon(odd));
    now.addAndGet(JUMP.toMillis());
    TestStage.await(sweeper.partitions());
    chunk(now.get());
    sweep();

    assertThat(days())
        .doesNotContain(TODAY.minusDays(102), TODAY.minusDays(5))
        .contains(TODAY.minusDays(4), odd);
  }

  @Test
  void retention_isTheSettingOfNow_andZeroIsForEver() {
    keep(Duration.ofDays(3));
    sweep();
    sweep();
    assertThat(days()).containsExactlyElementsOf(daysBefore(3));

    keep(Duration.ZERO);
    now.addAndGet(JUMP.toMillis());
    TestStage.await(sweeper.partitions());
    chunk(now.get());
    sweep();
    assertThat(days()).hasSize(5);
  }

  /** Today and so many days before. */
  private static List<LocalDate> daysBefore(int number) {
    List<LocalDate> days = new ArrayList<>();
    for (int ago = number; ago >= 0; ago--) {
      days.add(TODAY.minusDays(ago));
    }
    return days;
  }
}
