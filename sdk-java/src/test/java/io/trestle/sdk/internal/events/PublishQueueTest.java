package io.trestle.sdk.internal.events;

import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_ACCEPTED;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_REJECTED_CONFLICT;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_REJECTED_DUPLICATE;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_REJECTED_FORBIDDEN;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_REJECTED_INVALID_NAME;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_UNSPECIFIED;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.protocol.v1.PublishStatus;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConflictException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.InvalidEventNameException;
import io.trestle.sdk.QueueFullException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PublishQueueTest {
  private static final long TIMEOUT = millis(30_000);

  private final List<BridgeEvent.PolicyViolation> violations = new ArrayList<>();
  private PublishQueue queue = new PublishQueue(10_000, false, violations::add);
  private List<Publication> wire = List.of();
  private long now = millis(1_000);

  @Test
  void batch_isAtMostAHundred_inOrder() {
    List<Published> events = addAll(250);
    assertThat(take()).isEqualTo(publications(events.subList(0, 100)));
    answerAll(100, PUBLISH_STATUS_ACCEPTED);
    assertThat(take()).isEqualTo(publications(events.subList(100, 175)));
    answerAll(75, PUBLISH_STATUS_ACCEPTED);
    assertThat(take()).isEqualTo(publications(events.subList(175, 213)));
    assertThat(queue.size()).isEqualTo(75);
  }

  @Test
  void requests_goSideBySide_andShareTheirPause() {
    addAll(230);
    List<Publication> first = take();
    assertThat(queue.due(now)).isTrue();
    List<Publication> second = take();
    assertThat(second).hasSize(65).doesNotContainAnyElementsOf(first);
    assertThat(queue.due(now)).isTrue();
    queue.failed(first, true, now);
    queue.failed(second, true, now);
    assertThat(queue.due(now)).as("a pause is for all").isFalse();
    assertThat(queue.due(now + millis(100))).isTrue();
    assertThat(queue.take(now + millis(100))).isEqualTo(first);
    assertThat(queue.take(now + millis(100))).isEqualTo(second);
  }

  @Test
  void requests_takeHalfOfWhatWaits_butNotTooLittle() {
    addAll(50);
    assertThat(take()).hasSize(25);
    assertThat(take()).hasSize(13);
    assertThat(take()).as("half of it would be too little").hasSize(12);
    addAll(9);
    assertThat(queue.due(now)).as("9 wait").isFalse();
    addAll(1);
    assertThat(queue.due(now)).isTrue();
    assertThat(take()).hasSize(10);
  }

  @Test
  void pause_besideARequestUnderWay_endsInTime() {
    addAll(40);
    List<Publication> first = take();
    List<Publication> second = take();
    queue.failed(first, true, now);
    assertThat(queue.next()).isEqualTo(now + millis(100));
    queue.attempt();
    queue.failed(second, true, now);
    assertThat(queue.next()).as("a request is being prepared").isEqualTo(now + TIMEOUT);
  }

  @Test
  void success_besideAFailure_endsNeitherThePauseNorTheLadder() {
    addAll(200);
    List<Publication> failing = take();
    take();
    queue.failed(failing, true, now);
    answerAll(100, PUBLISH_STATUS_ACCEPTED);
    assertThat(queue.due(now)).isFalse();
    now += millis(100);
    assertThat(queue.due(now)).isTrue();
    assertThat(pauseAfterFailure()).isEqualTo(250);
  }

  @Test
  void requests_areAFew() {
    addAll(2_000);
    for (int i = 0; i < PublishQueue.MAX_REQUESTS; i++) {
      assertThat(queue.due(now)).isTrue();
      take();
    }
    assertThat(queue.due(now)).isFalse();
    answerAll(100, PUBLISH_STATUS_ACCEPTED);
    assertThat(queue.due(now)).isTrue();
  }

  @Test
  void manyOfOneLane_waitForTheOneThatIsSent() {
    for (int i = 0; i < 200; i++) {
      add("e" + i, "lane");
    }
    assertThat(take()).hasSize(1);
    assertThat(queue.due(now)).isTrue();
    assertThat(queue.take(now)).isEmpty();
    assertThat(queue.due(now)).as("asks again only when a lane is free").isFalse();
    Published other = add("other", "another lane");
    assertThat(queue.due(now)).isTrue();
    assertThat(queue.take(now)).containsExactly(other.event);
    answerAll(1, PUBLISH_STATUS_ACCEPTED);
    assertThat(take()).hasSize(1);
  }

  @Test
  void batch_hasOneEventOfALane_theFirstThatIsLeft() {
    Published a1 = add("a1", "a");
    Published a2 = add("a2", "a");
    Published b1 = add("b1", "b");
    Published free = add("free", "");
    assertThat(take()).containsExactly(a1.event, b1.event, free.event);
    queue.answered(
        wire,
        List.of(
            Published.result(PUBLISH_STATUS_UNSPECIFIED, "a1", ""),
            Published.result(PUBLISH_STATUS_ACCEPTED, "b1", ""),
            Published.result(PUBLISH_STATUS_ACCEPTED, "free", "")),
        now);
    now += millis(100);
    assertThat(take()).containsExactly(a1.event);
    answerAll(1, PUBLISH_STATUS_ACCEPTED);
    assertThat(take()).containsExactly(a2.event);
    assertThat(b1.acceptedAs).isEqualTo("b1");
  }

  @Test
  void batch_isBoundedByBytes_butALargeEventGoesAlone() {
    Published large = new Published("large", "", now + TIMEOUT, PublishQueue.MAX_BATCH_BYTES + 1);
    Published small = new Published("small", "", now + TIMEOUT);
    queue.add(large.event);
    queue.add(small.event);
    assertThat(take()).containsExactly(large.event);
    answerAll(1, PUBLISH_STATUS_ACCEPTED);
    assertThat(take()).containsExactly(small.event);
  }

  @Test
  void everyStatus_hasItsOutcome() {
    List<Published> events = addAll(7);
    take();
    queue.answered(
        wire,
        List.of(
            Published.result(PUBLISH_STATUS_ACCEPTED, "other", ""),
            Published.result(PUBLISH_STATUS_REJECTED_DUPLICATE, "first", ""),
            Published.result(PUBLISH_STATUS_REJECTED_DUPLICATE, "", ""),
            Published.result(PUBLISH_STATUS_REJECTED_INVALID_NAME, "", "bad name"),
            Published.result(PUBLISH_STATUS_REJECTED_FORBIDDEN, "", "no rule"),
            Published.result(PUBLISH_STATUS_REJECTED_FORBIDDEN, "", ""),
            Published.result(PUBLISH_STATUS_REJECTED_CONFLICT, "first", "other content")),
        now);
    assertThat(events.get(0).acceptedAs).isEqualTo("e0");
    assertThat(events.get(1).acceptedAs).isEqualTo("first");
    assertThat(events.get(2).acceptedAs).isEqualTo("e2");
    assertThat(events.get(3).failure)
        .isInstanceOf(InvalidEventNameException.class)
        .hasMessageEndingWith("bad name");
    assertThat(events.get(4).failure)
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageEndingWith("no rule");
    assertThat(events.get(5).failure).hasMessageContaining("access denied: event.publish");
    assertThat(events.get(6).failure)
        .isInstanceOf(ConflictException.class)
        .hasMessageEndingWith("other content");
    assertThat(violations).hasSize(2);
    assertThat(violations.get(0))
        .isEqualTo(
            new BridgeEvent.PolicyViolation(
                "event.publish", "order.placed", "self_egress", "no rule"));
    assertThat(queue.size()).isZero();
  }

  @Test
  void unknownStatus_decidesNothing() {
    Published event = add("e", "");
    take();
    queue.answered(wire, List.of(PublishStatusEntry.newBuilder().setStatusValue(99).build()), now);
    assertThat(event.told).isZero();
    assertThat(queue.due(now)).isFalse();
    assertThat(queue.due(now + millis(100))).isTrue();
  }

  @Test
  void wrongNumberOfResults_saysNothingAboutAnything() {
    List<Published> events = addAll(3);
    List<Publication> batch = take();
    answerAll(2, PUBLISH_STATUS_ACCEPTED);
    assertThat(events).allMatch(e -> e.told == 0);
    now += millis(100);
    assertThat(take()).isEqualTo(batch);
  }

  @Test
  void pauses_climbTheLadder_andBeginAnewAfterASettledBatch() {
    add("e", "");
    List<Long> pauses = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      pauses.add(pauseAfterFailure());
    }
    assertThat(pauses).containsExactly(100L, 250L, 500L, 1000L, 2000L, 5000L, 5000L, 5000L);
    queue.attempt();
    take();
    answerAll(1, PUBLISH_STATUS_ACCEPTED);
    add("f", "");
    assertThat(pauseAfterFailure()).isEqualTo(100);
  }

  @Test
  void welcome_endsThePauseAndResetsTheLadder() {
    add("e", "");
    pauseAfterFailure();
    take();
    queue.failed(wire, true, now);
    assertThat(queue.due(now)).isFalse();
    queue.welcomed();
    assertThat(queue.due(now)).isTrue();
    assertThat(pauseAfterFailure()).isEqualTo(100);
  }

  @Test
  @Acceptance("EV-27")
  void whatIsPublishedInAnOutageOfFiveSeconds_goesWithTheWelcome_notAtTheEndOfThePause() {
    long outage = now;
    List<Published> events = new ArrayList<>(List.of(add("at once", "")));
    while (now - outage < millis(3_850)) {
      assertThat(queue.due(now)).isTrue();
      pauseAfterFailure();
    }
    queue.attempt();
    take();
    queue.failed(wire, true, now);
    assertThat(queue.next()).isEqualTo(outage + millis(8_850));
    now = outage + millis(4_900);
    events.add(add("meanwhile", ""));
    now = outage + millis(5_000);
    assertThat(queue.due(now)).isFalse();

    queue.welcomed();

    assertThat(queue.due(now)).isTrue();
    queue.attempt();
    assertThat(take()).isEqualTo(publications(events));
    answerAll(2, PUBLISH_STATUS_ACCEPTED);
    assertThat(queue.size()).isZero();
  }

  @Test
  void deadline_ofAnEventThatNeverLeft_saysNotSent() {
    Published event = add("e", "");
    queue.unreachable(now);
    assertThat(queue.next()).isEqualTo(now + millis(100));
    queue.expire(now + TIMEOUT);
    assertThat(event.failure)
        .isInstanceOf(CallTimeoutException.class)
        .hasMessageEndingWith("not sent");
  }

  @Test
  void deadline_afterAnAttempt_saysOutcomeUnknown() {
    Published event = add("e", "");
    take();
    queue.failed(wire, true, now);
    queue.expire(now + TIMEOUT);
    assertThat(event.failure).hasMessageEndingWith("outcome unknown");
  }

  @Test
  void deadline_afterAnAttemptThatProvablyDidNotLeave_saysNotSent() {
    Published event = add("e", "");
    take();
    queue.failed(wire, false, now);
    queue.expire(now + TIMEOUT);
    assertThat(event.failure).hasMessageEndingWith("not sent");
  }

  @Test
  void deadline_ofAnEventOnTheWire_waitsForTheEndOfTheAttempt() {
    Published wired = add("wired", "a");
    Published behind = add("behind", "a");
    take();
    now += TIMEOUT;
    queue.expire(now);
    assertThat(wired.told).isZero();
    assertThat(behind.failure).hasMessageEndingWith("not sent");
    assertThat(queue.next()).isEqualTo(PublishQueue.NEVER);
    answerAll(1, PUBLISH_STATUS_ACCEPTED);
    assertThat(wired.acceptedAs).isEqualTo("wired");
  }

  @Test
  void manyDeadlinesWithinAPause_doNotEndIt() {
    for (int i = 0; i < 50; i++) {
      now += millis(1);
      add("e" + i, "");
    }
    now += TIMEOUT - millis(60);
    take();
    queue.failed(wire, true, now);
    now += millis(30);
    queue.expire(now);
    assertThat(queue.due(now)).isFalse();
    assertThat(queue.size()).isBetween(1, 49);
  }

  @Test
  void stop_shortensPauses() {
    add("e", "");
    for (int i = 0; i < 5; i++) {
      pauseAfterFailure();
    }
    take();
    queue.failed(wire, true, now);
    queue.stop(now);
    assertThat(queue.next()).isEqualTo(now + millis(100));
    assertThat(pauseAfterFailure()).isEqualTo(100);
  }

  @Test
  void end_failsWhatIsLeft_alsoOnTheWire_andWhatComesAfter() {
    Published wired = add("wired", "a");
    Published waiting = add("waiting", "a");
    take();
    queue.end();
    Published late = add("late", "");
    assertThat(List.of(wired, waiting, late))
        .allSatisfy(
            e ->
                assertThat(e.failure)
                    .isInstanceOf(ConnectionException.class)
                    .hasMessage("client stopped before the acknowledgement"));
    assertThat(queue.size()).isZero();
  }

  @Test
  void dropOldest_dropsWhatIsNotOnTheWire() {
    queue = new PublishQueue(2, true, violations::add);
    Published wired = add("wired", "a");
    Published oldest = add("oldest", "a");
    take();
    Published newest = add("newest", "");
    assertThat(oldest.failure).isInstanceOf(QueueFullException.class);
    assertThat(wired.told + newest.told).isZero();
  }

  private List<Publication> take() {
    wire = queue.take(now);
    return wire;
  }

  private long pauseAfterFailure() {
    queue.attempt();
    take();
    queue.failed(wire, true, now);
    long pause = TimeUnit.NANOSECONDS.toMillis(queue.next() - now);
    now = queue.next();
    return pause;
  }

  private void answerAll(int count, PublishStatus status) {
    queue.answered(
        wire,
        IntStream.range(0, count).mapToObj(i -> Published.result(status, "", "")).toList(),
        now);
  }

  private List<Published> addAll(int count) {
    return IntStream.range(0, count).mapToObj(i -> add("e" + i, "")).toList();
  }

  private Published add(String id, String key) {
    Published event = new Published(id, key, now + TIMEOUT);
    queue.add(event.event);
    return event;
  }

  private static List<Publication> publications(List<Published> events) {
    return events.stream().map(e -> e.event).toList();
  }

  private static long millis(long count) {
    return TimeUnit.MILLISECONDS.toNanos(count);
  }
}
