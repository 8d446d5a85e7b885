package io.trestle.system.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ConflictException;
import io.trestle.sdk.DeadLetters;
import io.trestle.sdk.DeadLetters.DeadLetter;
import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.protobuf.MessageSchema;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each test has services of its own, and names of its own: the log is common. */
@Timeout(120)
class EventsTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final AtomicInteger TESTS = new AtomicInteger();
  private static final EventSchema<Map<String, Object>> ORDER =
      MessageSchema.of(
              ProtoFile.parse(
                      """
                      syntax = "proto3";
                      message Order { string id = 1; double amount = 2; string currency = 3; }
                      """)
                  .message("Order"))
          .asMaps();

  private final String test = "t" + TESTS.incrementAndGet();
  private final ServiceKey publishing = TRESTLE.kernel().service(test + "-publisher");
  private final ServiceKey consuming = TRESTLE.kernel().service(test + "-consumer");
  private final List<String> seen = new CopyOnWriteArrayList<>();

  private String name(String rest) {
    return test + "." + rest;
  }

  private ServiceBridge publisher(String... names) {
    return TRESTLE.connect(
        publishing,
        sdk -> {
          for (String name : names) {
            EventType<byte[]> unused = sdk.events().define(name(name));
          }
        });
  }

  private ServiceBridge consumer(Consumer<ServiceBridge> declare) {
    return TRESTLE.connect(consuming, declare);
  }

  private String publish(ServiceBridge from, String name, String payload, PublishOptions options) {
    return from.events().publish(name(name), payload.getBytes(UTF_8), options);
  }

  private String publish(ServiceBridge from, String name, String payload) {
    return publish(from, name, payload, PublishOptions.DEFAULT);
  }

  private void note(byte[] payload, EventContext context) {
    seen.add(new String(payload, UTF_8));
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(30));
  }

  private static List<String> status(String eventId) {
    return TRESTLE
        .kernel()
        .sql()
        .column(
            String.class,
            "SELECT status FROM event_deliveries WHERE event_id = ?",
            UUID.fromString(eventId));
  }

  private static List<String> dead(String eventId, String column) {
    return TRESTLE
        .kernel()
        .sql()
        .column(
            String.class,
            "SELECT " + column + "::text FROM events_dlq WHERE event_id = ?",
            UUID.fromString(eventId));
  }

  @Test
  @Acceptance({"EV-5", "EV-8", "EV-23"})
  void typedEvent_arrivesOnce_withAllFields() {
    List<Map<String, Object>> orders = new CopyOnWriteArrayList<>();
    List<EventContext> contexts = new CopyOnWriteArrayList<>();
    consumer(
        sdk ->
            sdk.events()
                .handle(
                    name("placed"),
                    ORDER,
                    (order, context) -> {
                      orders.add(order);
                      contexts.add(context);
                    }));
    List<EventType<Map<String, Object>>> placed = new ArrayList<>();
    TRESTLE.connect(publishing, sdk -> placed.add(sdk.events().define(name("placed"), ORDER)));
    Map<String, Object> order = Map.of("id", "o-1", "amount", 42.5, "currency", "EUR");
    Instant when = Instant.ofEpochMilli(1_700_000_000_123L);
    String id =
        placed
            .get(0)
            .publish(
                order,
                PublishOptions.DEFAULT.withHeaders(Map.of("tenant", "t-1")).withOccurredAt(when));
    assertThat(UUID.fromString(id).version()).isEqualTo(7);
    soon().until(() -> status(id).equals(List.of("success")));
    assertThat(orders).containsExactly(order);
    assertThat(contexts.get(0).eventId()).isEqualTo(id);
    assertThat(contexts.get(0).attempt()).isEqualTo(1);
    assertThat(contexts.get(0).headers()).isEqualTo(Map.of("tenant", "t-1"));
    assertThat(contexts.get(0).occurredAt()).isEqualTo(when);
  }

  @Test
  @Acceptance({"EV-10", "EV-11", "EV-12"})
  void repeatedKey_isOneEvent_andOtherContentAConflict() {
    consumer(sdk -> sdk.events().handle(name("placed"), this::note));
    ServiceBridge one = publisher("placed");
    ServiceBridge two = publisher("placed");
    PublishOptions once = PublishOptions.DEFAULT.withIdempotencyKey("key-1");
    String first = publish(one, "placed", "a", once);
    assertThat(publish(one, "placed", "a", once)).isEqualTo(first);
    assertThat(publish(two, "placed", "a", once)).isEqualTo(first);
    assertThatThrownBy(() -> publish(two, "placed", "b", once))
        .isInstanceOf(ConflictException.class);
    publish(one, "placed", "last");
    soon().until(() -> seen.contains("last"));
    assertThat(seen).containsExactlyInAnyOrder("a", "last");
  }

  @Test
  void fireAndForget_isDeliveredAmongOthers() throws Exception {
    consumer(sdk -> sdk.events().handle(name("placed"), this::note));
    ServiceBridge from = publisher("placed");
    List<CompletableFuture<String>> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      PublishOptions options =
          i % 2 == 0 ? PublishOptions.DEFAULT.withFireAndForget() : PublishOptions.DEFAULT;
      ids.add(from.events().publishAsync(name("placed"), ("p" + i).getBytes(UTF_8), options));
    }
    List<String> known = new ArrayList<>();
    for (CompletableFuture<String> id : ids) {
      known.add(id.get(30, TimeUnit.SECONDS));
    }
    assertThat(known).doesNotHaveDuplicates();
    soon().until(() -> seen.size() >= 20);
    assertThat(seen).hasSize(20).doesNotHaveDuplicates();
  }

  @Test
  @Acceptance({"EV-35", "EV-36", "EV-37"})
  void handlers_runForTheirPatterns_eachOnce() {
    consumer(
        sdk -> {
          sdk.events()
              .handle(name("p.*"), (payload, c) -> seen.add("star " + local(c.eventName())));
          sdk.events().handle(name("p.x"), (payload, c) -> seen.add("exact"));
          sdk.events().handle(name("q"), (payload, c) -> seen.add("q"));
        });
    ServiceBridge from = publisher("p.x", "p.y", "q", "r");
    publish(from, "r", "nobody");
    String x = publish(from, "p.x", "1");
    String y = publish(from, "p.y", "2");
    String q = publish(from, "q", "3");
    for (String id : List.of(x, y, q)) {
      soon().until(() -> status(id).equals(List.of("success")));
    }
    assertThat(seen).containsExactlyInAnyOrder("star p.x", "exact", "star p.y", "q");
  }

  private String local(String name) {
    return name.substring(test.length() + 1);
  }

  @Test
  @Acceptance("EV-38")
  void everyService_getsTheEvent_andOneOfItsInstances() {
    ServiceKey other = TRESTLE.kernel().service(test + "-other");
    consumer(sdk -> sdk.events().handle(name("placed"), (p, c) -> seen.add("a")));
    consumer(sdk -> sdk.events().handle(name("placed"), (p, c) -> seen.add("a")));
    TRESTLE.connect(other, sdk -> sdk.events().handle(name("*"), (p, c) -> seen.add("b")));
    String id = publish(publisher("placed"), "placed", "1");
    soon().until(() -> status(id).equals(List.of("success", "success")));
    assertThat(seen).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  @Acceptance("EV-39")
  void publish_asTheSubscriberHasStarted_isDelivered() {
    ServiceBridge from = publisher("placed");
    consumer(sdk -> sdk.events().handle(name("placed"), this::note));
    publish(from, "placed", "at once");
    soon().until(() -> seen.contains("at once"));
  }

  @Test
  @Acceptance("EV-43")
  void filter_letsOnlyItsEventsPass() {
    consumer(
        sdk ->
            sdk.events()
                .handle(
                    name("placed"),
                    ORDER,
                    (order, c) -> seen.add(String.valueOf(order.get("currency"))),
                    SubscriptionOptions.filtered(Map.of("$.currency", "EUR"))));
    List<EventType<Map<String, Object>>> placed = new ArrayList<>();
    TRESTLE.connect(publishing, sdk -> placed.add(sdk.events().define(name("placed"), ORDER)));
    List<String> ids = new ArrayList<>();
    for (String currency : List.of("USD", "EUR", "GBP")) {
      ids.add(placed.get(0).publish(Map.of("currency", currency)));
    }
    soon().until(() -> status(ids.get(1)).equals(List.of("success")));
    assertThat(status(ids.get(0))).isEmpty();
    assertThat(status(ids.get(2))).isEmpty();
    assertThat(seen).containsExactly("EUR");
  }

  @Test
  @Acceptance({"EV-47", "EV-58"})
  void failedHandler_runsAgainAfterAPause_andTheOnesBeforeIt() {
    List<Long> times = new CopyOnWriteArrayList<>();
    consumer(
        sdk -> {
          sdk.events().handle(name("#"), (payload, c) -> seen.add("first " + c.attempt()));
          sdk.events()
              .handle(
                  name("placed"),
                  (payload, c) -> {
                    seen.add("second " + c.attempt());
                    times.add(System.nanoTime());
                    if (c.attempt() == 1) {
                      throw new IllegalStateException("not yet");
                    }
                  });
        });
    String id = publish(publisher("placed"), "placed", "1");
    soon().until(() -> status(id).equals(List.of("success")));
    await().during(Duration.ofSeconds(2)).until(() -> seen.size() == 4);
    assertThat(seen).containsExactly("first 1", "second 1", "first 2", "second 2");
    assertThat(Duration.ofNanos(times.get(1) - times.get(0)))
        .isGreaterThanOrEqualTo(Duration.ofMillis(740));
  }

  @Test
  @Acceptance("EV-80")
  void retry_comesAfterItsOwnPause() {
    List<Long> times = new CopyOnWriteArrayList<>();
    consumer(
        sdk ->
            sdk.events()
                .handle(
                    name("placed"),
                    (payload, context) -> {
                      times.add(System.nanoTime());
                      if (context.attempt() == 1) {
                        throw context.retry(Duration.ofSeconds(3));
                      }
                    }));
    String id = publish(publisher("placed"), "placed", "1");
    soon().until(() -> status(id).equals(List.of("success")));
    assertThat(times).hasSize(2);
    assertThat(times.get(1) - times.get(0)).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(2_500));
  }

  @Test
  @Acceptance("EV-81")
  void reject_isADeadLetterAtOnce() {
    consumer(
        sdk ->
            sdk.events()
                .handle(
                    name("placed"),
                    (payload, context) -> {
                      seen.add("attempt " + context.attempt());
                      throw context.reject("bad");
                    }));
    String id = publish(publisher("placed"), "placed", "1");
    soon().until(() -> status(id).equals(List.of("dead")));
    assertThat(dead(id, "reason")).containsExactly("rejected");
    assertThat(dead(id, "last_error")).containsExactly("bad");
    assertThat(seen).containsExactly("attempt 1");
  }

  @Test
  @Acceptance("EV-74")
  void deadLetter_isListedAndSentAgain() {
    ServiceBridge consumer =
        consumer(
            sdk ->
                sdk.events()
                    .handle(
                        name("placed"),
                        (payload, context) -> {
                          seen.add("attempt " + context.attempt());
                          throw context.reject("bad " + seen.size());
                        }));
    String id = publish(publisher("placed"), "placed", "1");
    DeadLetters dead = consumer.events().deadLetters();
    soon().until(() -> dead.list().entries().size() == 1);
    DeadLetter first = dead.list().entries().get(0);
    assertThat(first.eventId()).isEqualTo(id);
    assertThat(first.eventName()).isEqualTo(name("placed"));
    assertThat(first.reason()).isEqualTo("rejected");
    assertThat(first.lastError()).isEqualTo("bad 1");
    assertThat(first.attempts()).isEqualTo(1);
    assertThat(first.replays()).isZero();
    assertThat(dead.replay(id)).isEqualTo(id);
    soon()
        .until(
            () -> dead.list().entries().stream().map(DeadLetter::replays).toList(),
            List.of(1)::equals);
    assertThat(seen).containsExactly("attempt 1", "attempt 1");
    assertThatThrownBy(() -> dead.replay(UUID.randomUUID().toString()))
        .isInstanceOfSatisfying(
            ServiceBridgeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    assertThatThrownBy(() -> dead.replay("no id")).isInstanceOf(ValidationException.class);
  }

  @Test
  @Acceptance("EV-19")
  void egressRule_forbidsOtherEvents_andIsTold() throws Exception {
    TRESTLE
        .kernel()
        .sql()
        .update(
            "INSERT INTO service_policy_rules (service_id, direction, action, target_name)"
                + " VALUES (?::uuid, 'E', 'event.publish', ?)",
            publishing.id(),
            name("orders.*"));
    List<BridgeEvent.PolicyViolation> violations = new CopyOnWriteArrayList<>();
    ServiceBridge from =
        TRESTLE.connect(
            publishing,
            sdk -> {
              sdk.on(BridgeEvent.PolicyViolation.class, violations::add);
              for (String name : List.of("payments.x", "orders.y")) {
                EventType<byte[]> unused = sdk.events().define(name(name));
              }
            });
    soon().until(() -> !from.policyEvaluation().orElseThrow().egress().isEmpty());
    violations.clear();
    byte[] payload = {'1'};
    CompletableFuture<String> denied =
        from.events().publishAsync(name("payments.x"), payload, PublishOptions.DEFAULT);
    CompletableFuture<String> allowed =
        from.events().publishAsync(name("orders.y"), payload, PublishOptions.DEFAULT);
    assertThat(allowed.get(30, TimeUnit.SECONDS)).isNotEmpty();
    assertThatThrownBy(() -> denied.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(AccessDeniedException.class);
    soon().until(() -> !violations.isEmpty());
    assertThat(violations.get(0).declaration()).isEqualTo("event.publish");
    assertThat(violations.get(0).value()).isEqualTo(name("payments.x"));
    assertThat(violations.get(0).denySide()).isEqualTo("self_egress");
  }

  @Test
  @Acceptance("EV-82")
  void retryPolicyOfAPattern_boundsTheAttempts() {
    RetryPolicy twice = new RetryPolicy(2, Duration.ofMillis(10), 1, Duration.ofMillis(10), 0);
    consumer(
        sdk ->
            sdk.events()
                .handle(
                    name("placed"),
                    (payload, context) -> {
                      seen.add("attempt " + context.attempt());
                      throw new IllegalStateException("always");
                    },
                    SubscriptionOptions.DEFAULT.withRetryPolicy(twice)));
    String id = publish(publisher("placed"), "placed", "1");
    soon().until(() -> status(id).equals(List.of("dead")));
    assertThat(seen).containsExactly("attempt 1", "attempt 2");
  }

  @Test
  @Acceptance("EV-59")
  void eventsOfOneKey_arriveInOrder_keysApart() {
    consumer(
        sdk ->
            sdk.events()
                .handle(
                    name("placed"),
                    (payload, c) -> seen.add(c.partitionKey() + new String(payload, UTF_8))));
    ServiceBridge from = publisher("placed");
    List<CompletableFuture<String>> ids = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      for (String key : List.of("a", "b")) {
        ids.add(
            from.events()
                .publishAsync(name("placed"), ("" + i).getBytes(UTF_8), PublishOptions.keyed(key)));
      }
    }
    CompletableFuture.allOf(ids.toArray(new CompletableFuture<?>[0])).join();
    soon().until(() -> seen.size() >= 16);
    assertThat(seen).hasSize(16);
    for (String key : List.of("a", "b")) {
      assertThat(seen).filteredOn(s -> s.startsWith(key)).hasSize(8).isSorted();
    }
  }

  @Test
  @Acceptance("EV-64")
  void offlineConsumer_getsWhatItMissed_asFirstAttempts() {
    consumer(sdk -> sdk.events().handle(name("placed"), this::note)).stop();
    ServiceBridge from = publisher("placed");
    for (int i = 0; i < 10; i++) {
      publish(from, "placed", "p" + i);
    }
    assertThat(seen).isEmpty();
    consumer(
        sdk ->
            sdk.events()
                .handle(
                    name("placed"),
                    (payload, c) -> seen.add(new String(payload, UTF_8) + " " + c.attempt())));
    soon().until(() -> seen.size() >= 10);
    assertThat(seen).hasSize(10).doesNotHaveDuplicates().allMatch(s -> s.endsWith(" 1"));
  }

  @Test
  void stop_letsRunningHandlersFinishAndAcknowledge() throws Exception {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    CompletableFuture<Void> go = new CompletableFuture<>();
    ServiceBridge consumer =
        consumer(
            sdk ->
                sdk.events()
                    .handle(
                        name("placed"),
                        (payload, c) -> {
                          begun.complete(null);
                          go.get(30, TimeUnit.SECONDS);
                        }));
    String id = publish(publisher("placed"), "placed", "1");
    begun.get(30, TimeUnit.SECONDS);
    CompletableFuture<Void> stopped = consumer.stopAsync();
    go.complete(null);
    stopped.get(30, TimeUnit.SECONDS);
    soon().until(() -> status(id).equals(List.of("success")));
  }
}
