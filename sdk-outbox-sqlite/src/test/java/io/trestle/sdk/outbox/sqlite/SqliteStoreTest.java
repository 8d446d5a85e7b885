package io.trestle.sdk.outbox.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.sdk.internal.outbox.OutboxTable.Claim;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.RelayPlan;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.outbox.PreparedEvent;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreTest {
  @TempDir Path directory;
  private Instant now = Instant.ofEpochMilli(1_700_000_000_000L);
  private @Nullable SqliteStore opened;

  private SqliteStore open() {
    close();
    SqliteStore store = SqliteStore.open(SqliteOutboxOptions.in(directory), () -> now);
    opened = store;
    return store;
  }

  @AfterEach
  void close() {
    if (opened != null) {
      opened.close();
    }
  }

  private static PreparedEvent event(String id, String lane) {
    return new PreparedEvent(id, "n", new byte[0], new byte[0], "", lane, "", Map.of(), 0, "");
  }

  private static List<String> claimed(SqliteStore store) throws SQLException {
    return store.claim().events().stream().map(e -> e.event().id()).toList();
  }

  @Test
  void settledTwice_aNewRowUnderTheOldNumber_stays() throws Exception {
    SqliteStore store = open();
    store.insert(event("1", ""));
    List<RowOutcome> delivered =
        store.claim().events().stream()
            .<RowOutcome>map(e -> new RowOutcome.Delivered(e.row()))
            .toList();
    store.settle(delivered);
    store.insert(event("2", ""));
    store.settle(delivered);

    assertThat(store.stats().pending()).isEqualTo(1);
    assertThat(claimed(store)).containsExactly("2");
  }

  @Test
  void order_isThatOfInserts_alsoWhenTheClockGoesBack() throws Exception {
    for (String id : List.of("c", "b", "a")) { // ids have the time in them
      open().insert(event(id, "lane"));
      now = now.minusSeconds(3600);
    }
    SqliteStore store = open();
    for (String id : List.of("c", "b", "a")) {
      List<ClaimedEvent> claim = store.claim().events();
      assertThat(claim).extracting(e -> e.event().id()).containsExactly(id);
      store.settle(List.of(new RowOutcome.Delivered(claim.get(0).row())));
    }
  }

  @Test
  void rearmedRow_isDueAfterItsPause_andHoldsItsLane() throws Exception {
    SqliteStore store = open();
    store.insert(event("1", "lane"));
    store.insert(event("2", "lane"));
    store.insert(event("3", ""));
    List<ClaimedEvent> claim = store.claim().events();
    assertThat(claim).extracting(e -> e.event().id()).containsExactly("1", "3");
    store.settle(
        List.of(
            new RowOutcome.Rearmed(claim.get(0).row(), 1, 5_000, "away"),
            new RowOutcome.Delivered(claim.get(1).row())));

    Claim nothing = store.claim();
    assertThat(nothing.events()).isEmpty();
    now = now.plusSeconds(5);
    assertThat(store.claim().events())
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.event().id()).isEqualTo("1");
              assertThat(e.attempts()).isEqualTo(1);
            });
  }

  @Test
  void clockSetBack_rowWithAPause_isNotPutOffByThat() throws Exception {
    SqliteStore store = open();
    store.insert(event("1", "lane"));
    store.insert(event("2", ""));
    store.settle(
        store.claim().events().stream()
            .<RowOutcome>map(e -> new RowOutcome.Rearmed(e.row(), 5, 750_000, "away"))
            .toList());
    assertThat(store.claim()).isEqualTo(new Claim(List.of(), 750_000));
    now = now.minus(Duration.ofDays(1));
    assertThat(claimed(store)).containsExactly("1", "2");
  }

  @Test
  void emptyTable_asksForNoTimer_aRearmedOneForItsPause() throws Exception {
    SqliteStore store = open();
    assertThat(store.claim().dueInMillis()).isEqualTo(RelayPlan.NEVER);
    store.insert(event("1", ""));
    long row = store.claim().events().get(0).row();
    store.settle(List.of(new RowOutcome.Rearmed(row, 1, 5_000, "away")));
    assertThat(store.claim().dueInMillis()).isEqualTo(5_000);
    store.rearm();
    assertThat(store.stats().oldest()).isEqualTo(Duration.ZERO);
    assertThat(claimed(store)).containsExactly("1");
  }
}
