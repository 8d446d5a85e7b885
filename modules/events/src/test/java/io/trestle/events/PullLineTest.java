package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.conversations.Events.Ack;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.HttpSubscriptions.Taken;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.PullStore.Tuning;
import io.trestle.events.core.Match;
import io.trestle.kernel.TestStage;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Who waits at a subscription and how that ends. What a test does on the owner it does in one turn,
 * so that an event can be in the hands of a request that is not answered yet.
 */
class PullLineTest {
  private static final AtomicLong POSITIONS = new AtomicLong();

  private static TestStage stage;
  private static EventsHouse house;
  private static ConsumerBook book;

  private final UUID service = UUID.randomUUID();
  private final UUID token = UUID.randomUUID();
  private ConsumerFeed feed;
  private PullLine line;

  @BeforeAll
  static void open() {
    stage = TestStage.of("events");
    house = stage.on(() -> new EventsHouse(stage.house(), stage.owner(), 0, (s, d) -> {}));
    book = stage.on(() -> new ConsumerBook(house, feed -> {}));
  }

  @AfterAll
  static void close() {
    stage.on(
        () -> {
          house.close();
          return true;
        });
    stage.close();
  }

  @BeforeEach
  void subscription() {
    Tuning tuning = new Tuning(0, 10, 0, 0, List.of());
    feed =
        TestStage.await(
            stage.on(
                () -> {
                  house.gates().service(service, "shop", true);
                  return book.keepPulled(
                      service, "inbox", List.of("a.*"), "", (unit, consumer) -> unit);
                }));
    line = stage.on(() -> new PullLine(house, book, feed));
    on(() -> line.define(tuning));
  }

  private static void on(Runnable turn) {
    stage.on(
        () -> {
          turn.run();
          return true;
        });
  }

  private Future<List<Taken>> poll(long waitMillis) {
    return line.pull(UUID.randomUUID(), token, 5, waitMillis);
  }

  private Future<List<Taken>> waiting() {
    return stage.on(() -> poll(600_000));
  }

  /** As the log tells it; the dispatcher hands it out at once if somebody waits. */
  private void committed() {
    int subscription = feed.known().iterator().next().number();
    Event event =
        new Event(
            UUID.randomUUID().toString(),
            "a.b",
            new byte[] {1},
            "",
            "",
            "",
            Map.of(),
            0,
            "",
            new byte[0]);
    feed.committed(
        new Logged(
            POSITIONS.incrementAndGet(),
            UUID.fromString(event.id()),
            service,
            service,
            event,
            new int[] {subscription},
            house.now()),
        Match.of(new int[] {subscription}));
  }

  private static void assertRefused(Future<?> poll, Reason reason, String message) {
    await().until(poll::isComplete);
    assertThat(poll.cause())
        .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessage(message);
  }

  @Test
  void refusedAll_hearWhy_andNothingStaysWithThem() {
    Future<List<Taken>> first = waiting();
    Future<List<Taken>> second = waiting();

    on(
        () -> {
          committed();
          assertThat(line.taken()).as("in the hands of the first").isEqualTo(1);
          line.refuseAll(Reason.UNAVAILABLE, "stopping");
          assertThat(line.taken()).as("given back, and to nobody else").isZero();
          assertThat(line.waiting()).isZero();
          assertThat(feed.pending()).isEqualTo(1);
        });

    assertRefused(first, Reason.UNAVAILABLE, "stopping");
    assertRefused(second, Reason.UNAVAILABLE, "stopping");
    Future<List<Taken>> next = waiting();
    await().until(next::isComplete);
    assertThat(next.result()).singleElement().matches(taken -> taken.attempt() == 1);
  }

  @Test
  void revokedToken_endsItsRequests_andItsEventsGoToThoseThatWaitOn() {
    Future<List<Taken>> ended = waiting();
    UUID other = UUID.randomUUID();
    Future<List<Taken>> stays = stage.on(() -> line.pull(UUID.randomUUID(), other, 5, 600_000));

    on(
        () -> {
          committed();
          line.revoked(Set.of(token, UUID.randomUUID()));
          assertThat(line.waiting()).isEqualTo(1);
        });

    assertRefused(ended, Reason.UNAUTHENTICATED, "the token was revoked");
    await().until(stays::isComplete);
    assertThat(stays.result()).singleElement().matches(taken -> taken.attempt() == 1);
  }

  @Test
  void deletedOrRevoked_nobodyWaitsOn() {
    Future<List<Taken>> revoked = waiting();
    on(
        () -> {
          house.gates().service(service, "shop", false);
          line.effect();
          assertThat(line.waiting()).isZero();
          house.gates().service(service, "shop", true);
          line.effect();
        });
    assertRefused(revoked, Reason.UNAUTHENTICATED, "the service is revoked");

    Future<List<Taken>> deleted = waiting();
    on(() -> line.define(null));
    assertRefused(deleted, Reason.NOT_FOUND, "the subscription was deleted");
  }

  @Test
  void wait_endsInTime_withNothing_andAtOnceWhenNothingIsThere() {
    Future<List<Taken>> none = stage.on(() -> poll(0));
    assertThat(none.isComplete()).as("nothing is read for it").isTrue();
    assertThat(none.result()).isEmpty();

    Future<List<Taken>> some = stage.on(() -> poll(1));
    await().until(some::isComplete);
    assertThat(some.result()).isEmpty();
    on(() -> assertThat(line.waiting()).isZero());
  }

  @Test
  void lease_thatIsOver_isThatOfTheSubscription() {
    on(() -> line.define(new Tuning(0, 10, 1_000, 0, List.of(0L))));
    Future<List<Taken>> first = waiting();
    on(this::committed);
    await().until(first::isComplete);
    Taken taken = first.result().get(0);

    Future<List<Taken>> again = waiting();
    await().until(again::isComplete);

    assertThat(again.result().get(0).attempt()).isEqualTo(2);
    on(
        () -> {
          var old = new Ack(taken.delivery(), taken.token());
          assertThat(line.settle(old)).as("its lease is over").isFalse();
        });
  }
}
