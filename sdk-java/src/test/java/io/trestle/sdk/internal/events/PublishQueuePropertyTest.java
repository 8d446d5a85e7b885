package io.trestle.sdk.internal.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.v1.PublishStatus;
import io.trestle.protocol.v1.PublishStatusEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Any history: each event is settled once, and none overtakes another of its lane. */
class PublishQueuePropertyTest {
  private static final long TIMEOUT = TimeUnit.MILLISECONDS.toNanos(500);
  private static final List<PublishStatus> STATUSES =
      List.of(
          PublishStatus.PUBLISH_STATUS_UNSPECIFIED,
          PublishStatus.PUBLISH_STATUS_ACCEPTED,
          PublishStatus.PUBLISH_STATUS_REJECTED_DUPLICATE,
          PublishStatus.PUBLISH_STATUS_REJECTED_INVALID_NAME,
          PublishStatus.PUBLISH_STATUS_REJECTED_FORBIDDEN,
          PublishStatus.PUBLISH_STATUS_REJECTED_CONFLICT);

  /** What happens; the number says to whom, or how. */
  enum Kind {
    PUBLISH,
    REQUEST,
    ANSWER,
    WRONG_COUNT,
    FAIL,
    UNREACHABLE,
    WELCOME,
    WAIT,
    STOP
  }

  record Step(Kind kind, int number) {}

  @Property
  void anyHistory_settlesOnce_andKeepsLanesInOrder(
      @ForAll("histories") List<Step> history, @ForAll boolean dropOldest) {
    World world = new World(dropOldest);
    history.forEach(world::take);
    world.queue.end();
    assertThat(world.events).allMatch(e -> e.told == 1);
    assertThat(world.queue.size()).isZero();
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Kind> kinds =
        Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.just(Kind.PUBLISH)),
            Tuple.of(6, Arbitraries.just(Kind.REQUEST)),
            Tuple.of(6, Arbitraries.just(Kind.ANSWER)),
            Tuple.of(4, Arbitraries.of(Kind.values())));
    return Combinators.combine(kinds, Arbitraries.integers().between(0, 1_000_000))
        .as(Step::new)
        .list()
        .ofMaxSize(150);
  }

  private static final class World {
    private final PublishQueue queue;
    private final List<Published> events = new ArrayList<>();
    private final List<List<Publication>> wires = new ArrayList<>();
    private long now;

    World(boolean dropOldest) {
      queue = new PublishQueue(20, dropOldest, 2, violation -> {});
    }

    void take(Step step) {
      switch (step.kind) {
        case PUBLISH -> publish(step.number);
        case REQUEST -> request();
        case ANSWER -> answer(step.number, 0);
        case WRONG_COUNT -> answer(step.number, 1);
        case FAIL -> fail(step.number);
        case UNREACHABLE -> {
          if (wires.isEmpty()) {
            queue.unreachable(now);
          }
        }
        case WELCOME -> queue.welcomed();
        case WAIT -> pass(step.number);
        case STOP -> queue.stop(now);
      }
      assertThat(events).allMatch(e -> e.told <= 1);
      assertThat(queue.size()).isEqualTo((int) events.stream().filter(e -> e.told == 0).count());
    }

    private void publish(int number) {
      String key = List.of("", "a", "b").get(number % 3);
      Published event = new Published("e" + events.size(), key, now + TIMEOUT);
      events.add(event);
      queue.add(event.event);
    }

    private void request() {
      if (!queue.due(now)) {
        return;
      }
      queue.attempt();
      List<Publication> wire = queue.take(now);
      if (wire.isEmpty()) {
        return;
      }
      wires.add(wire);
      assertThat(wires).hasSizeLessThanOrEqualTo(PublishQueue.MAX_REQUESTS);
      List<Publication> order = events.stream().map(e -> e.event).toList();
      assertThat(wire.stream().map(order::indexOf).toList()).isSorted();
      for (Publication sent : wire) {
        for (Published other : events.subList(0, order.indexOf(sent))) {
          boolean lane = !sent.partitionKey.isEmpty();
          if (lane && other.event.partitionKey.equals(sent.partitionKey)) {
            assertThat(other.told).isEqualTo(1);
          }
        }
      }
    }

    private void answer(int number, int tooMany) {
      if (wires.isEmpty()) {
        return;
      }
      List<Publication> wire = wires.remove(number % wires.size());
      List<PublishStatusEntry> results = new ArrayList<>();
      for (int i = 0; i < wire.size() + tooMany; i++) {
        PublishStatus status = STATUSES.get((number >> i % 16) % STATUSES.size());
        results.add(Published.result(status, "", ""));
      }
      queue.answered(wire, results, now);
    }

    private void fail(int number) {
      if (!wires.isEmpty()) {
        queue.failed(wires.remove(number % wires.size()), number % 2 == 0, now);
      }
    }

    private boolean isOnWire(Published event) {
      return wires.stream().anyMatch(wire -> wire.contains(event.event));
    }

    private void pass(int number) {
      now += TimeUnit.MILLISECONDS.toNanos(number % 700);
      List<Published> wired = events.stream().filter(e -> e.told == 0 && isOnWire(e)).toList();
      queue.expire(now);
      assertThat(wired).allMatch(e -> e.told == 0);
      assertThat(events).allMatch(e -> e.told == 1 || e.event.deadline > now || isOnWire(e));
    }
  }
}
