package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DayPartitionsTest {
  private static final long LATE = Instant.parse("2026-02-27T23:59:59Z").toEpochMilli();

  private final List<LocalDate> made = new ArrayList<>();

  @Test
  void days_areYesterdaysToNextWeeks_inOrder() {
    assertThat(DayPartitions.make(LATE, this::make).succeeded()).isTrue();
    LocalDate yesterday = LocalDate.of(2026, 2, 26);
    assertThat(made)
        .containsExactlyElementsOf(yesterday.datesUntil(yesterday.plusDays(9)).toList());
  }

  private Future<Void> make(LocalDate day) {
    made.add(day);
    return Future.succeededFuture();
  }

  @Test
  void dayThatFails_endsIt() {
    Future<Void> end =
        DayPartitions.make(
            LATE, day -> make(day).compose(v -> Future.failedFuture("no room for " + day)));
    assertThat(end.cause()).hasMessage("no room for 2026-02-26");
    assertThat(made).hasSize(1);
  }
}
