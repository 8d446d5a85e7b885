package io.trestle.sdk.internal.events;

import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_ACCEPTED;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_REJECTED_CONFLICT;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_REJECTED_FORBIDDEN;
import static io.trestle.protocol.v1.PublishStatus.PUBLISH_STATUS_UNSPECIFIED;
import static io.trestle.sdk.internal.events.ScriptedRuntime.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.OverflowPolicy;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.TraceScope;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventSenderTest {
  private static final String NAME = "order.placed";
  private static final PublishOptions KEYED = PublishOptions.keyed("k");
  private static final PublishOptions FORGET = PublishOptions.DEFAULT.withFireAndForget();
  private static final EventRules SHORT = EventRules.DEFAULT.withTimeout(Duration.ofMillis(200));
  private static final String TRACE =
      "0190a8f0-0000-7000-8000-000000000001-0190a8f0-0000-7000-8000-000000000002";

  private final UuidV7 ids =
      new UuidV7(System::currentTimeMillis, () -> ThreadLocalRandom.current().nextLong());
  private final List<BridgeEvent> heard = new CopyOnWriteArrayList<>();
  private ScriptedRuntime runtime;
  private EventSender sender;

  @BeforeEach
  void start() throws Exception {
    runtime = new ScriptedRuntime();
    sender = sender(EventRules.DEFAULT, EventSender.ATTEMPT);
  }

  @AfterEach
  void stop() throws Exception {
    sender.close();
    runtime.close();
  }

  private void use(EventRules rules) {
    use(rules, EventSender.ATTEMPT);
  }

  private void use(EventRules rules, Duration attempt) {
    sender = sender(rules, attempt);
  }

  private EventSender sender(EventRules rules, Duration attempt) {
    return new EventSender(
        runtime.channel, rules, ids, InstantSource.system(), System::nanoTime, attempt, heard::add);
  }

  @Test
  void publishesOfOneMoment_shareOneRequest_andSettleByPosition() throws Exception {
    sender.welcomed();
    List<CompletableFuture<String>> futures = new ArrayList<>();
    runtime.onLane(
        () -> {
          for (int i = 0; i < 4; i++) {
            futures.add(publish("p" + i, PublishOptions.DEFAULT));
          }
        });
    ScriptedRuntime.Asked asked = runtime.nextPublish();
    assertThat(asked.ids()).hasSize(4).isSorted();
    asked.answer(
        Published.result(PUBLISH_STATUS_ACCEPTED, "", ""),
        Published.result(PUBLISH_STATUS_REJECTED_FORBIDDEN, "", "no rule"),
        Published.result(PUBLISH_STATUS_REJECTED_CONFLICT, "", "other content"),
        Published.result(PUBLISH_STATUS_ACCEPTED, "", ""));
    assertThat(futures.get(0).get()).isEqualTo(asked.ids().get(0));
    assertThat(codeOf(futures.get(1))).isEqualTo(ErrorCode.ACCESS_DENIED);
    assertThat(codeOf(futures.get(2))).isEqualTo(ErrorCode.CONFLICT);
    assertThat(futures.get(3).get()).isEqualTo(asked.ids().get(3));
    assertThat(heard)
        .containsExactly(
            new BridgeEvent.PolicyViolation("event.publish", NAME, "self_egress", "no rule"));
  }

  @Test
  void envelope_carriesEverythingThatWasSaid() throws Exception {
    sender.welcomed();
    PublishOptions options =
        new PublishOptions(
            "once", "k", Map.of("tenant", "7"), Instant.ofEpochMilli(1234), false, TRACE);
    CompletableFuture<String> published = publish("payload", options);
    ScriptedRuntime.Asked asked = runtime.nextPublish();
    asked.accept();
    assertThat(asked.events)
        .containsExactly(
            EventEnvelope.newBuilder()
                .setId(published.get())
                .setName(NAME)
                .setPayload(ByteString.copyFromUtf8("payload"))
                .setPartitionKey("k")
                .setIdempotencyKey("once")
                .putHeaders("tenant", "7")
                .setOccurredAtUnixMs(1234)
                .setXSbTrace(TRACE)
                .build());
  }

  @Test
  void publishWithinAHandler_joinsItsTrace() throws Exception {
    sender.welcomed();
    TraceScope.enter(TRACE);
    try {
      var unused = publish("p", PublishOptions.DEFAULT);
    } finally {
      TraceScope.leave();
    }
    ScriptedRuntime.Asked asked = runtime.nextPublish();
    asked.accept();
    assertThat(asked.events.get(0).getXSbTrace()).isEqualTo(TRACE);
  }

  @Test
  @Acceptance("EV-28")
  void transientRefusalOfALane_letsNothingOvertake() throws Exception {
    sender.welcomed();
    List<CompletableFuture<String>> futures = new ArrayList<>();
    runtime.onLane(
        () -> {
          for (int i = 0; i < 5; i++) {
            futures.add(publish("p" + i, KEYED));
          }
        });
    List<String> arrived = new ArrayList<>();
    ScriptedRuntime.Asked first = runtime.nextPublish();
    first.answer(Published.result(PUBLISH_STATUS_UNSPECIFIED, "", "busy"));
    for (int i = 0; i < 5; i++) {
      ScriptedRuntime.Asked asked = runtime.nextPublish();
      asked.events.forEach(e -> arrived.add(e.getPayload().toStringUtf8()));
      asked.accept();
    }
    assertThat(arrived).containsExactly("p0", "p1", "p2", "p3", "p4");
    for (CompletableFuture<String> future : futures) {
      assertThat(future.get()).isNotEmpty();
    }
  }

  @Test
  @Acceptance("EV-29")
  void answerWithAWrongNumberOfResults_isNoAnswer() throws Exception {
    sender.welcomed();
    List<CompletableFuture<String>> futures = new ArrayList<>();
    runtime.onLane(
        () -> {
          futures.add(publish("a", PublishOptions.DEFAULT));
          futures.add(publish("b", PublishOptions.DEFAULT));
        });
    ScriptedRuntime.Asked first = runtime.nextPublish();
    first.answer(Published.result(PUBLISH_STATUS_ACCEPTED, "", ""));
    ScriptedRuntime.Asked second = runtime.nextPublish();
    assertThat(second.ids()).isEqualTo(first.ids());
    assertThat(futures).noneMatch(CompletableFuture::isDone);
    second.accept();
    assertThat(futures.get(1).get()).isEqualTo(first.ids().get(1));
  }

  @Test
  void failedRequest_isRepeatedWithTheSameIds_whateverTheStatus() throws Exception {
    sender.welcomed();
    CompletableFuture<String> published = publish("p", PublishOptions.DEFAULT);
    ScriptedRuntime.Asked first = runtime.nextPublish();
    first.end(StatusCode.INVALID_ARGUMENT, "no");
    ScriptedRuntime.Asked second = runtime.nextPublish();
    second.accept();
    assertThat(second.ids()).isEqualTo(first.ids());
    assertThat(published.get()).isEqualTo(first.ids().get(0));
  }

  @Test
  @Acceptance("EV-25")
  void moreThanMayWait_failsAsQueueFull_andMayBeRepeated() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      assertThat(publish("p", PublishOptions.DEFAULT)).isNotCompletedExceptionally();
    }
    ServiceBridgeException why = failureOf(publish("p", FORGET));
    assertThat(why.code()).isEqualTo(ErrorCode.QUEUE_FULL);
    assertThat(why.retryable()).isTrue();
  }

  @Test
  void dropNewest_givesAnIdToWhoForgets_andAnErrorToWhoWaits() throws Exception {
    use(EventRules.DEFAULT.withMaxPending(1).withOverflow(OverflowPolicy.DROP_NEWEST));
    var unused = publish("p", PublishOptions.DEFAULT);
    assertThat(publish("p", FORGET).get()).isNotEmpty();
    assertThat(codeOf(publish("p", PublishOptions.DEFAULT))).isEqualTo(ErrorCode.QUEUE_FULL);
  }

  @Test
  void dropOldest_tellsTheOldest() throws Exception {
    use(EventRules.DEFAULT.withMaxPending(1).withOverflow(OverflowPolicy.DROP_OLDEST));
    CompletableFuture<String> old = publish("old", PublishOptions.DEFAULT);
    CompletableFuture<String> young = publish("young", PublishOptions.DEFAULT);
    assertThat(codeOf(old)).isEqualTo(ErrorCode.QUEUE_FULL);
    sender.welcomed();
    runtime.nextPublish().accept();
    assertThat(young.get()).isNotEmpty();
  }

  @Test
  @Acceptance("EV-26")
  void withoutRuntime_timesOutAsNotSent() throws Exception {
    use(SHORT);
    runtime.leave();
    sender.welcomed();
    ServiceBridgeException why = failureOf(publish("p", PublishOptions.DEFAULT));
    assertThat(why.code()).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(why).hasMessageEndingWith("not sent");
  }

  @Test
  @Acceptance("EV-26")
  void hangingRuntime_timesOutAsUnknown() throws Exception {
    use(SHORT, Duration.ofMillis(300));
    sender.welcomed();
    CompletableFuture<String> published = publish("p", PublishOptions.DEFAULT);
    assertThat(runtime.nextPublish().events).hasSize(1);
    ServiceBridgeException why = failureOf(published);
    assertThat(why.code()).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(why).hasMessageEndingWith("outcome unknown");
  }

  @Test
  void afterAnOutage_theWelcomeEndsThePause() throws Exception {
    sender.welcomed();
    runtime.leave();
    CompletableFuture<String> published = publish("p", PublishOptions.DEFAULT);
    runtime.comeBack();
    sender.welcomed();
    runtime.nextPublish().accept();
    assertThat(published.get()).isNotEmpty();
  }

  @Test
  @Acceptance("EV-30")
  void drain_sendsWhatIsLeft() throws Exception {
    sender.welcomed();
    CompletableFuture<String> published = publish("p", PublishOptions.DEFAULT);
    Future<Void> drained = sender.drain();
    ScriptedRuntime.Asked asked = runtime.nextPublish();
    assertThat(drained.isComplete()).isFalse();
    asked.accept();
    await(drained);
    assertThat(published.get()).isEqualTo(asked.ids().get(0));
  }

  @Test
  @Acceptance("EV-30")
  void close_failsWhatIsLeft_asConnection() throws Exception {
    sender.welcomed();
    CompletableFuture<String> wired = publish("p", PublishOptions.DEFAULT);
    assertThat(runtime.nextPublish().events).hasSize(1);
    CompletableFuture<String> waiting = publish("p", PublishOptions.DEFAULT);
    sender.close();
    assertThat(codeOf(wired)).isEqualTo(ErrorCode.CONNECTION);
    assertThat(failureOf(waiting)).hasMessage("client stopped before the acknowledgement");
    assertThat(codeOf(publish("p", PublishOptions.DEFAULT))).isEqualTo(ErrorCode.STATE);
  }

  @Test
  void drain_beforeTheFirstWelcome_failsAtOnce() throws Exception {
    CompletableFuture<String> published = publish("p", PublishOptions.DEFAULT);
    await(sender.drain());
    assertThat(codeOf(published)).isEqualTo(ErrorCode.CONNECTION);
  }

  @Test
  @Acceptance("EV-31")
  void fireAndForget_hasItsIdAtOnce_andIsSentAsAnyOther() throws Exception {
    List<CompletableFuture<String>> mixed = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      mixed.add(publish("f" + i, FORGET));
      mixed.add(publish("w" + i, PublishOptions.DEFAULT));
      assertThat(mixed.get(2 * i)).isDone();
      assertThat(mixed.get(2 * i + 1)).isNotDone();
    }
    sender.welcomed();
    List<String> sent = new ArrayList<>();
    while (sent.size() < mixed.size()) {
      ScriptedRuntime.Asked asked = runtime.nextPublish();
      sent.addAll(asked.ids());
      asked.accept();
    }
    for (CompletableFuture<String> each : mixed) {
      ids.add(each.get());
    }
    assertThat(sent).isEqualTo(ids).doesNotHaveDuplicates();
  }

  @Test
  void payloadThatDoesNotEncode_isValidation_andCostsNoPlace() {
    use(EventRules.DEFAULT.withMaxPending(1));
    byte[] huge = new byte[Envelopes.MAX_BYTES];
    assertThat(codeOf(sender.publish(NAME, EventSchema.RAW, huge, PublishOptions.DEFAULT)))
        .isEqualTo(ErrorCode.VALIDATION);
    assertThat(publish("p", PublishOptions.DEFAULT)).isNotCompletedExceptionally();
  }

  @Test
  void manyThreads_allSettle_andEachSeesItsOwnOrder() throws Exception {
    sender.welcomed();
    int threads = 4;
    int each = 2_000;
    List<CompletableFuture<String>> futures =
        Collections.synchronizedList(new ArrayList<>(threads * each));
    List<Thread> publishing = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      String name = "t" + t + "-";
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < each; i++) {
                  futures.add(publish(name + i, PublishOptions.DEFAULT));
                }
              });
      thread.start();
      publishing.add(thread);
    }
    List<String> arrived = new ArrayList<>();
    while (arrived.size() < threads * each) {
      ScriptedRuntime.Asked asked = runtime.nextPublish();
      asked.events.forEach(e -> arrived.add(e.getPayload().toStringUtf8()));
      asked.accept();
    }
    for (Thread thread : publishing) {
      thread.join();
    }
    for (CompletableFuture<String> future : futures) {
      assertThat(future.get(60, TimeUnit.SECONDS)).isNotEmpty();
    }
    for (int t = 0; t < threads; t++) {
      String name = "t" + t + "-";
      List<Integer> order =
          arrived.stream()
              .filter(p -> p.startsWith(name))
              .map(p -> Integer.parseInt(p.substring(name.length())))
              .toList();
      assertThat(order).hasSize(each).isSorted();
    }
  }

  private CompletableFuture<String> publish(String payload, PublishOptions options) {
    return sender.publish(NAME, EventSchema.RAW, payload.getBytes(UTF_8), options);
  }

  private static ErrorCode codeOf(CompletableFuture<String> published) {
    return failureOf(published).code();
  }

  private static ServiceBridgeException failureOf(CompletableFuture<String> published) {
    try {
      throw new AssertionError("published as " + published.get(60, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return (ServiceBridgeException) Objects.requireNonNull(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
