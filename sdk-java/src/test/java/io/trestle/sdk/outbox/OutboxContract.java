package io.trestle.sdk.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.EventType;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.outbox.FakeCourier.Fault;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every outbox does, whatever it is stored in. */
@Timeout(60)
public abstract class OutboxContract<O extends Outbox> {
  /** What the events of these tests are. */
  protected static final EventType<byte[]> TYPE = FakeCourier.type("stock.moved");

  protected final FakeCourier courier = new FakeCourier();

  /** Opens the outbox of this test, over {@link #courier}. */
  protected abstract O open();

  /** Stores an event; the transaction is over when it returns. */
  protected abstract String publish(O outbox, String text, String lane) throws Exception;

  /** An event. */
  public record Message(String text, String lane) {}

  /** Stores many; the transaction is over when it returns. */
  protected void publish(O outbox, List<Message> messages) throws Exception {
    for (Message message : messages) {
      String unused = publish(outbox, message.text, message.lane);
    }
  }

  /** Makes the headers of a stored event no JSON object. */
  protected abstract void spoil(String id) throws Exception;

  /** The column of a stored event. */
  protected abstract String lastError(String id) throws Exception;

  @Test
  void unreadableRow_isParked_andHoldsNobody() throws Exception {
    try (O outbox = open()) {
      String id = publish(outbox, "bad", "k");
      publish(outbox, "after it", "k");
      spoil(id);
      courier.connect();
      await().until(() -> outbox.stats().pending() == 0);
      assertThat(courier.texts()).containsExactly("after it");
      assertThat(outbox.listFailed(10, ""))
          .singleElement()
          .satisfies(
              failed -> {
                assertThat(failed.id()).isEqualTo(id);
                assertThat(failed.lastError()).isEqualTo("unreadable: headers: no JSON object");
              });
    }
  }

  @Test
  void nothingButUnreadableRows_areParked_oneBehindTheOther() throws Exception {
    try (O outbox = open()) {
      for (String lane : List.of("k", "k", "k", "")) {
        spoil(publish(outbox, "bad", lane));
      }
      courier.connect();
      await().until(() -> outbox.stats().failed() == 4);
      assertThat(outbox.stats().pending()).isZero();
      assertThat(courier.requests()).isEmpty();
    }
  }

  @Test
  void lanes_haveOneEventInARequest_inOrder_howeverManyLanes() throws Exception {
    int lanes = 450;
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      for (int lane = 0; lane < lanes; lane++) {
        messages.add(new Message(lane + ":" + i, "k" + lane));
      }
    }
    try (O outbox = open()) {
      publish(outbox, messages);
      courier.connect();
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.requests())
        .allSatisfy(
            request ->
                assertThat(request.stream().map(text -> text.split(":", 2)[0]))
                    .hasSizeLessThanOrEqualTo(100)
                    .doesNotHaveDuplicates());
    List<String> texts = courier.texts();
    assertThat(texts).hasSize(2 * lanes);
    for (int lane = 0; lane < lanes; lane++) {
      assertThat(texts.indexOf(lane + ":0")).isLessThan(texts.indexOf(lane + ":1"));
    }
  }

  @Test
  void undecided_holdsItsLane_andNoOther_untilASessionBegins() throws Exception {
    courier.say(text -> text.equals("a1") ? Status.UNDECIDED : Status.ACCEPTED);
    courier.connect();
    try (O outbox = open()) {
      String first = publish(outbox, "a1", "a");
      publish(outbox, "a2", "a");
      publish(outbox, "b1", "b");
      publish(outbox, "free", "");
      await().until(() -> courier.texts().containsAll(List.of("b1", "free")));
      assertThat(courier.texts()).doesNotContain("a2");
      await().until(() -> lastError(first), "UNDECIDED: said so"::equals);

      courier.say(text -> Status.ACCEPTED);
      courier.connect();

      await().until(() -> outbox.stats().pending() == 0);
      assertThat(courier.texts()).containsSubsequence("a1", "a2");
    }
  }

  @Test
  void refused_isKept_untilSomebodyDecides() throws Exception {
    courier.say(
        text ->
            switch (text) {
              case "name" -> Status.INVALID_NAME;
              case "policy" -> Status.FORBIDDEN;
              case "key" -> Status.CONFLICT;
              default -> Status.ACCEPTED;
            });
    courier.connect();
    try (O outbox = open()) {
      List<String> ids = new ArrayList<>();
      for (String text : List.of("name", "policy", "key", "good")) {
        ids.add(publish(outbox, text, "lane"));
      }
      await().until(() -> courier.texts().contains("good"));
      await().until(() -> outbox.stats().pending() == 0);

      assertThat(outbox.stats()).isEqualTo(new OutboxStats(0, 3, Duration.ZERO));
      assertThat(outbox.listFailed(10, ""))
          .extracting(FailedEvent::lastError)
          .containsExactly("INVALID_NAME: said so", "FORBIDDEN: said so", "CONFLICT: said so");
      assertThat(outbox.listFailed(1, ids.get(0)))
          .singleElement()
          .satisfies(
              failed -> {
                assertThat(failed.id()).isEqualTo(ids.get(1));
                assertThat(failed.partitionKey()).isEqualTo("lane");
                assertThat(failed.attempts()).isEqualTo(1);
                assertThat(failed.enqueuedAt()).isBefore(Instant.now().plusSeconds(60));
              });
      assertThat(outbox.discardFailed(ids.get(0))).isTrue();
      assertThat(outbox.discardFailed(ids.get(0))).isFalse();
      assertThat(outbox.retryFailed(ids.get(3))).isFalse();

      courier.say(text -> Status.ACCEPTED);
      assertThat(outbox.retryFailed(ids.get(1))).isTrue();

      await().until(() -> courier.texts().contains("policy"));
      assertThat(outbox.listFailed(10, "")).extracting(FailedEvent::id).containsExactly(ids.get(2));
      assertThat(outbox.discardFailed(ids.get(2))).isTrue();
      await().until(outbox::stats, new OutboxStats(0, 0, Duration.ZERO)::equals);
      assertThatExceptionOfType(ValidationException.class)
          .isThrownBy(() -> outbox.listFailed(0, ""))
          .withMessage("limit: 0 (expected: 1 to 500)");
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void courierThatBreaksItsWord_losesNothing_andIsAskedAgain(Fault fault) throws Exception {
    try (O outbox = open()) {
      courier.connect();
      publish(outbox, "before", "lane");
      await().until(() -> outbox.stats().pending() == 0);

      courier.breakDown(fault);
      publish(outbox, "first", "lane");
      publish(outbox, "second", "lane");
      publish(outbox, "free", "");
      int faults = courier.faults();
      outbox.wake();
      await().until(() -> courier.faults() > faults);
      courier.breakDown(Fault.NONE);

      await().until(() -> outbox.stats().pending() == 0);
      assertThat(outbox.stats().failed()).isZero();
      publish(outbox, "after", "lane");
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.texts())
        .containsExactlyInAnyOrder("before", "first", "second", "free", "after")
        .containsSubsequence("before", "first", "second", "after");
  }

  @Test
  void close_sendsWhatItCan_andTakesNothingMore() throws Exception {
    courier.connect();
    O outbox = open();
    for (int i = 0; i < 20; i++) {
      publish(outbox, "" + i, "lane");
    }
    outbox.close(Duration.ofSeconds(30));

    assertThat(courier.texts()).hasSize(20);
    assertThatExceptionOfType(StateException.class).isThrownBy(() -> publish(outbox, "x", ""));
  }
}
