package io.trestle.sdk.outbox.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.outbox.FakeCourier;
import io.trestle.sdk.outbox.OutboxContract.Message;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several instances with an outbox on the same table, and one whose connection breaks. */
@Timeout(60)
class JdbcRelaysTest {
  private final FakeCourier courier = new FakeCourier();
  private final FakeCourier other = new FakeCourier();
  private final OutboxDatabase database = new OutboxDatabase();

  @Test
  void rowsWithoutKey_areSharedByAnyNumberOfRelays() throws Exception {
    int relays = 6;
    List<FakeCourier> couriers = new ArrayList<>();
    List<JdbcOutbox> outboxes = new ArrayList<>();
    for (int i = 0; i < relays; i++) {
      FakeCourier silent = new FakeCourier();
      silent.keepSilent(true);
      couriers.add(silent);
      outboxes.add(database.open(silent));
    }
    database.publish(
        outboxes.get(0),
        IntStream.range(0, 100 * relays).mapToObj(i -> new Message("e" + i, "")).toList());
    couriers.forEach(FakeCourier::connect);

    await().until(() -> couriers.stream().noneMatch(c -> c.requests().isEmpty()));
    assertThat(couriers.stream().flatMap(c -> c.requests().get(0).stream()))
        .hasSize(100 * relays)
        .doesNotHaveDuplicates();
    outboxes.forEach(outbox -> outbox.close(Duration.ZERO));
  }

  @Test
  void laneOfWhichOneRelaySendsTheFirst_isLeftAloneByOthers() throws Exception {
    CountDownLatch sending = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    courier.say(
        text -> {
          if (text.equals("a1")) {
            sending.countDown();
            awaitLatch(answer);
          }
          return Status.ACCEPTED;
        });
    try (JdbcOutbox first = database.open(courier)) {
      database.publish(first, "a1", "a");
      database.publish(first, "a2", "a");
      courier.connect();
      awaitLatch(sending);
      try (JdbcOutbox second = database.open(other)) {
        other.connect();
        database.publish(second, "b1", "b");
        database.publish(second, "free", "");
        await().until(() -> other.texts().containsAll(List.of("b1", "free")));
        database.publish(second, "b2", "b");
        await().until(() -> other.texts().contains("b2"));
        assertThat(other.texts()).doesNotContain("a1", "a2");
        answer.countDown();
        await().until(() -> first.stats().pending() == 0);
      }
    }
    assertThat(courier.requests().get(0)).containsExactly("a1");
    assertThat(Stream.concat(courier.texts().stream(), other.texts().stream()))
        .containsExactlyInAnyOrder("a1", "a2", "b1", "b2", "free");
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void twoRelays_shareABacklog_andSendEachRowOnce_inTheOrderOfLanes() throws Exception {
    int lanes = 250;
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    Set<FakeCourier> begun = ConcurrentHashMap.newKeySet();
    CountDownLatch both = new CountDownLatch(2);
    for (FakeCourier each : List.of(courier, other)) {
      each.say(
          text -> {
            if (begun.add(each)) {
              both.countDown();
            }
            awaitLatch(both);
            order.add(text);
            return Status.ACCEPTED;
          });
    }
    try (JdbcOutbox first = database.open(courier);
        JdbcOutbox second = database.open(other)) {
      database.publish(
          first,
          IntStream.range(0, 3 * lanes)
              .mapToObj(
                  i ->
                      new Message(
                          i % lanes + ":" + i / lanes, i % lanes % 5 == 0 ? "" : "k" + i % lanes))
              .toList());
      courier.connect();
      other.connect();
      await().until(() -> first.stats().pending() == 0);
      assertThat(second.stats().oldest()).isEqualTo(Duration.ZERO);
    }
    assertThat(order).hasSize(3 * lanes).doesNotHaveDuplicates();
    assertThat(courier.texts()).isNotEmpty();
    assertThat(other.texts()).isNotEmpty();
    for (int lane = 1; lane < lanes; lane += 5) {
      assertThat(order).containsSubsequence(lane + ":0", lane + ":1", lane + ":2");
    }
    for (List<String> request : courier.requests()) {
      Set<String> seen = new HashSet<>();
      assertThat(request)
          .hasSizeLessThanOrEqualTo(100)
          .allMatch(text -> lane(text) % 5 == 0 || seen.add("" + lane(text)));
    }
  }

  private static int lane(String text) {
    return Integer.parseInt(text.substring(0, text.indexOf(':')));
  }

  @Test
  void withoutAnswer_rowsAreFree_andUntouched() throws Exception {
    courier.fail(true);
    courier.connect();
    try (JdbcOutbox outbox = database.open(courier);
        JdbcOutbox healthy = database.open(other)) {
      database.publish(outbox, "1", "lane");
      await().until(() -> !courier.requests().isEmpty());
      other.connect();
      await().until(() -> other.texts().contains("1"));
      await().until(() -> healthy.stats().pending() == 0);
    }
  }

  @Test
  void outboxWithoutSession_leavesTheTableAlone_andItsEventsToOthers() throws Exception {
    other.connect();
    try (JdbcOutbox away = database.open(courier);
        JdbcOutbox healthy = database.open(other)) {
      database.publish(away, "1", "lane");
      await().until(() -> healthy.stats().pending() == 0);
    }
    assertThat(other.texts()).containsExactly("1");
    assertThat(courier.requests()).isEmpty();
  }

  @Test
  void connectionLostBeforeTheSettlement_rowIsSettledOnAnother_notSentAgain() throws Exception {
    AtomicBoolean once = new AtomicBoolean(true);
    courier.say(
        text -> {
          if (once.getAndSet(false)) {
            database.query(
                "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND state = 'idle in transaction'");
          }
          return Status.ACCEPTED;
        });
    courier.connect();
    try (JdbcOutbox outbox = database.open(courier)) {
      database.publish(outbox, "1", "lane");
      database.publish(outbox, "2", "lane");
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.requests()).containsExactly(List.of("1"), List.of("2"));
  }
}
