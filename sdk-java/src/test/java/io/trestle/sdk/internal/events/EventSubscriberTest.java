package io.trestle.sdk.internal.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.v1.Ack;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.Nack;
import io.trestle.protocol.v1.SubscribeClientMessage;
import io.trestle.protocol.wire.Frames;
import io.trestle.sdk.AsyncEventHandler;
import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventHandler;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.TraceScope;
import io.trestle.sdk.internal.inbound.HandlerThreads;
import io.trestle.sdk.internal.session.ReconnectLadder;
import io.trestle.sdk.internal.traces.MemoryTraces;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventSubscriberTest {
  private static final String TRACE =
      "0190a8f0-0000-7000-8000-000000000001-0190a8f0-0000-7000-8000-000000000002";
  private static final int PLACES = 3;

  private final UuidV7 ids =
      new UuidV7(System::currentTimeMillis, () -> ThreadLocalRandom.current().nextLong());
  private final HandlerThreads threads = HandlerThreads.create();
  private final Subscriptions subscriptions = new Subscriptions();
  private final BlockingQueue<String> begun = new LinkedBlockingQueue<>();
  private final CountDownLatch gate = new CountDownLatch(1);
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private ScriptedRuntime runtime;
  private EventSubscriber subscriber;

  @BeforeEach
  void start() throws Exception {
    runtime = new ScriptedRuntime();
    subscriber =
        new EventSubscriber(
            runtime.channel,
            subscriptions,
            PLACES,
            new EventRunner(threads.executor(), ids, new MemoryTraces()),
            new RuntimeFeatures(warnings::add),
            new ReconnectLadder(List.of(Duration.ofMillis(5))),
            () -> 0.5);
  }

  @AfterEach
  void stop() throws Exception {
    gate.countDown();
    runtime.onLane(subscriber::close);
    threads.close();
    runtime.close();
  }

  @Test
  void stream_opensWithTheLimit_onlyIfThereAreSubscriptions() throws Exception {
    runtime.onLane(subscriber::registered);
    assertThat(runtime.subscribers).isEmpty();
    handle("a", (payload, context) -> {});
    runtime.onLane(subscriber::registered);
    runtime.onLane(subscriber::registered);
    SubscribeClientMessage first = runtime.nextSubscriber().next();
    assertThat(first.getInit().getMaxInFlight()).isEqualTo(PLACES);
    assertThat(runtime.subscribers).isEmpty();
  }

  @Test
  void success_isAcknowledgedOnce_withAllIds() throws Exception {
    AtomicReference<EventContext> seen = new AtomicReference<>();
    AtomicReference<String> scope = new AtomicReference<>();
    handle(
        "order.*",
        (payload, context) -> {
          seen.set(context);
          scope.set(String.valueOf(TraceScope.current()));
          begun.add(new String(payload, UTF_8));
        });
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(
        delivery("d1", event("e1", "k").setOccurredAtUnixMs(77).putHeaders("h", "v"), "order.*")
            .setAttempt(2)
            .build());
    assertThat(stream.next().getAck())
        .isEqualTo(
            Ack.newBuilder()
                .setDeliveryId("d1")
                .setEventId(ByteString.copyFromUtf8("e1"))
                .setLeaseToken("lease-d1")
                .build());
    EventContext context = Objects.requireNonNull(seen.get());
    assertThat(begun).containsExactly("payload of e1");
    assertThat(context.eventId()).isEqualTo("e1");
    assertThat(context.eventName()).isEqualTo("order.placed");
    assertThat(context.attempt()).isEqualTo(2);
    assertThat(context.deliveryId()).isEqualTo("d1");
    assertThat(context.leaseToken()).isEqualTo("lease-d1");
    assertThat(context.partitionKey()).isEqualTo("k");
    assertThat(context.headers()).isEqualTo(Map.of("h", "v"));
    assertThat(context.occurredAt()).isEqualTo(Instant.ofEpochMilli(77));
    assertThat(context.matchedPattern()).isEqualTo("order.*");
    assertThat(context.trace()).isEqualTo(TRACE);
    assertThat(scope).hasValue(TRACE);
    assertThat(context.isCancelled()).isFalse();
  }

  @Test
  void handlersOfAllPatterns_runInOrder_eachOnce_andTheFirstFailureStops() throws Exception {
    handle("a", (payload, context) -> begun.add("a"));
    handle(
        "b",
        (payload, context) -> {
          begun.add("b");
          throw new IllegalStateException("out of stock");
        });
    handle("c", (payload, context) -> begun.add("c"));
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(delivery("d1", event("e1", ""), "c", "a", "c", "unknown").build());
    assertThat(stream.next().hasAck()).isTrue();
    assertThat(drained()).containsExactly("c", "a");
    stream.deliver(delivery("d2", event("e1", ""), "a", "b", "c").build());
    assertThat(stream.next().getNack())
        .isEqualTo(
            Nack.newBuilder()
                .setDeliveryId("d2")
                .setErrorMessage("out of stock")
                .setEventId(ByteString.copyFromUtf8("e1"))
                .setLeaseToken("lease-d2")
                .build());
    assertThat(drained()).containsExactly("a", "b");
  }

  @Test
  void retryAndReject_areSaidInTheNack() throws Exception {
    handle(
        "again",
        (payload, context) -> {
          throw context.retry(Duration.ofSeconds(3));
        });
    handleAsync(
        "never",
        (payload, context) -> CompletableFuture.failedFuture(context.reject("bad customer")));
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(delivery("d1", event("e1", ""), "again").build());
    Nack again = stream.next().getNack();
    assertThat(again.getRetryAfterMs()).isEqualTo(3000);
    assertThat(again.getReject()).isFalse();
    stream.deliver(delivery("d2", event("e2", ""), "never").build());
    Nack never = stream.next().getNack();
    assertThat(never.getReject()).isTrue();
    assertThat(never.getErrorMessage()).isEqualTo("bad customer");
    assertThat(warnings).as("this runtime has not said that it knows them").hasSize(2);
  }

  @Test
  void whatCannotBeHandled_isRefusedWithItsText() throws Exception {
    handle("a", (payload, context) -> {});
    subscribe("typed", new Unreadable(), new Subscription.Handler.Blocking<>((p, c) -> {}));
    subscribe("typed2", new Unreadable(), new Subscription.Handler.Async<>((p, c) -> done()));
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(EventDelivery.newBuilder().setDeliveryId("d0").build());
    assertThat(stream.next().getNack().getErrorMessage()).isEqualTo("missing envelope");
    stream.deliver(delivery("d1", event("e1", ""), "x", "y").build());
    assertThat(stream.next().getNack().getErrorMessage())
        .isEqualTo("no handler for matched patterns [x, y]");
    stream.deliver(delivery("d2", event("e1", ""), "typed").build());
    assertThat(stream.next().getNack().getErrorMessage()).isEqualTo("decode: not a number");
    stream.deliver(delivery("d3", event("e1", ""), "typed2").build());
    assertThat(stream.next().getNack().getErrorMessage()).isEqualTo("decode: not a number");
  }

  @Test
  void deliveriesOfOneKey_runOneAfterAnother_othersMeanwhile() throws Exception {
    handle("a", this::held);
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(delivery("d1", event("k1", "k"), "a").build());
    stream.deliver(delivery("d2", event("k2", "k"), "a").build());
    stream.deliver(delivery("d3", event("other", "o"), "a").build());
    assertThat(List.of(next(), next())).containsExactlyInAnyOrder("k1", "other");
    assertThat(begun).isEmpty();
    gate.countDown();
    assertThat(next()).isEqualTo("k2");
    assertThat(answers(stream, 3)).containsExactlyInAnyOrder("ack d1", "ack d2", "ack d3");
  }

  @Test
  void moreThanThePlaces_areRefusedAtOnce_untilOneIsFree() throws Exception {
    handle("a", this::held);
    ScriptedRuntime.Subscriber stream = open();
    for (int i = 0; i < PLACES; i++) {
      stream.deliver(delivery("d" + i, event("e" + i, "k"), "a").build());
    }
    stream.deliver(delivery("excess", event("e9", ""), "a").build());
    assertThat(answer(stream)).isEqualTo("nack excess local delivery concurrency exhausted");
    gate.countDown();
    assertThat(answers(stream, PLACES)).allMatch(a -> a.startsWith("ack"));
    stream.deliver(delivery("d9", event("e9", ""), "a").build());
    assertThat(answer(stream)).isEqualTo("ack d9");
  }

  @Test
  void concurrencyOfAPattern_boundsItsHandler_notOthers() throws Exception {
    SubscriptionOptions one = SubscriptionOptions.DEFAULT.withConcurrency(1);
    subscriptions.add(
        new Subscription<>(
            "a",
            EventSchema.RAW,
            new Subscription.Handler.Blocking<>(this::held),
            one,
            EventFilter.passAll()));
    handle("b", (payload, context) -> {});
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(delivery("d1", event("e1", ""), "a").build());
    stream.deliver(delivery("d2", event("e2", ""), "a").build());
    stream.deliver(delivery("d3", event("e3", ""), "b").build());
    assertThat(answer(stream)).isEqualTo("ack d3");
    assertThat(next()).isEqualTo("e1");
    assertThat(begun).isEmpty();
    gate.countDown();
    assertThat(answers(stream, 2)).containsExactly("ack d1", "ack d2");
  }

  @Test
  void lostStream_cancelsHandlers_startsNoOther_andOpensAnother() throws Exception {
    CompletableFuture<String> cancelled = new CompletableFuture<>();
    handle(
        "a",
        (payload, context) -> {
          begun.add(context.eventId());
          context.onCancel(() -> cancelled.complete(context.eventId()));
          gate.await();
        });
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(delivery("d1", event("e1", "k"), "a").build());
    stream.deliver(delivery("d2", event("e2", "k"), "a").build());
    assertThat(next()).isEqualTo("e1");
    stream.end(StatusCode.UNAVAILABLE, "restarting");
    assertThat(cancelled.get(60, TimeUnit.SECONDS)).isEqualTo("e1");
    ScriptedRuntime.Subscriber second = runtime.nextSubscriber();
    assertThat(second.next().hasInit()).isTrue();
    gate.countDown();
    second.deliver(delivery("d3", event("e3", "k"), "a").build());
    assertThat(answer(second)).isEqualTo("ack d3");
    assertThat(drained()).containsExactly("e3");
    assertThat(second.said).isEmpty();
  }

  @Test
  void garbage_endsTheStream_andAnotherIsOpened() throws Exception {
    handle("a", (payload, context) -> {});
    ScriptedRuntime.Subscriber stream = open();
    stream.send(
        new Frames.Body() {
          @Override
          public int size() {
            return 3;
          }

          @Override
          public void writeTo(ByteBuf out) {
            out.writeBytes(new byte[] {0x0a, 0x7f, 1});
          }
        });
    stream.awaitEnd();
    assertThat(runtime.nextSubscriber().next().hasInit()).isTrue();
  }

  @Test
  void endOfTheSession_endsTheStream_andTheNextSessionOpensAnother() throws Exception {
    handle("a", (payload, context) -> {});
    ScriptedRuntime.Subscriber stream = open();
    runtime.onLane(subscriber::sessionClosed);
    stream.awaitEnd();
    assertThat(runtime.subscribers).isEmpty();
    runtime.onLane(subscriber::registered);
    assertThat(runtime.nextSubscriber().next().hasInit()).isTrue();
  }

  @Test
  void drain_ignoresNewDeliveries_andSendsTheLastAnswers_evenIfTheStreamIsThenCut()
      throws Exception {
    handle("a", this::held);
    ScriptedRuntime.Subscriber stream = open();
    stream.deliver(delivery("d1", event("e1", ""), "a").build());
    assertThat(next()).isEqualTo("e1");
    CompletableFuture<Void> drained = new CompletableFuture<>();
    runtime.onLane(
        () ->
            subscriber
                .drain()
                .onSuccess(
                    v -> {
                      subscriber.sessionClosed();
                      drained.complete(null);
                    }));
    stream.deliver(delivery("d2", event("e2", ""), "a").build());
    gate.countDown();
    drained.get(60, TimeUnit.SECONDS);
    assertThat(answer(stream)).isEqualTo("ack d1");
    stream.awaitEnd();
    assertThat(stream.said).isEmpty();
    assertThat(begun).isEmpty();
  }

  private void held(byte[] payload, EventContext context) throws InterruptedException {
    begun.add(context.eventId());
    gate.await();
  }

  private void handle(String pattern, EventHandler<byte[]> handler) {
    subscribe(pattern, EventSchema.RAW, new Subscription.Handler.Blocking<>(handler));
  }

  private void handleAsync(String pattern, AsyncEventHandler<byte[]> handler) {
    subscribe(pattern, EventSchema.RAW, new Subscription.Handler.Async<>(handler));
  }

  private <T> void subscribe(
      String pattern, EventSchema<T> schema, Subscription.Handler<T> handler) {
    subscriptions.add(
        new Subscription<>(
            pattern, schema, handler, SubscriptionOptions.DEFAULT, EventFilter.passAll()));
  }

  private ScriptedRuntime.Subscriber open() throws Exception {
    runtime.onLane(subscriber::registered);
    ScriptedRuntime.Subscriber stream = runtime.nextSubscriber();
    assertThat(stream.next().hasInit()).isTrue();
    return stream;
  }

  private String next() throws InterruptedException {
    return String.valueOf(begun.poll(60, TimeUnit.SECONDS));
  }

  private List<String> drained() {
    List<String> all = new ArrayList<>();
    begun.drainTo(all);
    return all;
  }

  private static List<String> answers(ScriptedRuntime.Subscriber stream, int count)
      throws InterruptedException {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(answer(stream));
    }
    return all;
  }

  private static String answer(ScriptedRuntime.Subscriber stream) throws InterruptedException {
    SubscribeClientMessage said = stream.next();
    return said.hasAck()
        ? "ack " + said.getAck().getDeliveryId()
        : "nack " + said.getNack().getDeliveryId() + " " + said.getNack().getErrorMessage();
  }

  private static EventEnvelope.Builder event(String id, String key) {
    return EventEnvelope.newBuilder()
        .setId(id)
        .setName("order.placed")
        .setPayload(ByteString.copyFromUtf8("payload of " + id))
        .setPartitionKey(key)
        .setXSbTrace(TRACE);
  }

  private static EventDelivery.Builder delivery(
      String id, EventEnvelope.Builder event, String... patterns) {
    return EventDelivery.newBuilder()
        .setDeliveryId(id)
        .setEnvelope(event)
        .setAttempt(1)
        .setLeaseToken("lease-" + id)
        .addAllMatchedPatterns(List.of(patterns));
  }

  private static CompletableFuture<Void> done() {
    return CompletableFuture.completedFuture(null);
  }

  /** A schema that reads nothing. */
  private static final class Unreadable implements EventSchema<Integer> {
    @Override
    public String contractHash() {
      return "";
    }

    @Override
    public byte[] json() {
      return new byte[0];
    }

    @Override
    public Encoded encode(Integer payload) {
      throw new ValidationException("not a number");
    }

    @Override
    public Integer decode(byte[] payload) {
      throw new ValidationException("not a number");
    }
  }
}
