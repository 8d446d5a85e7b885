package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.TraceContext;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.ListDlqRequest;
import io.trestle.protocol.v1.Nack;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.protocol.v1.ReplayDlqRequest;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Publishing and consuming as an official SDK does it, against the real kernel. */
class EventsWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  static EventEnvelope.Builder event(String name) {
    return EventEnvelope.newBuilder()
        .setId(uuidV7())
        .setName(name)
        .setPayload(ByteString.copyFromUtf8("{\"n\":1}"))
        .setPayloadJson(ByteString.copyFromUtf8("{\"n\":1}"));
  }

  static String uuidV7() {
    UUID random = UUID.randomUUID();
    long high =
        (System.currentTimeMillis() << 16) | 0x7000 | (random.getMostSignificantBits() & 0xfff);
    return new UUID(high, random.getLeastSignificantBits()).toString();
  }

  static List<PublishStatusEntry> publish(WireInstance from, EventEnvelope.Builder... events) {
    PublishRequest.Builder request = PublishRequest.newBuilder();
    Arrays.stream(events).forEach(request::addEvents);
    return from.client().unary(Methods.EVENTS_PUBLISH, request.build()).ok().getResultsList();
  }

  static List<Integer> statuses(List<PublishStatusEntry> results) {
    return results.stream().map(PublishStatusEntry::getStatusValue).toList();
  }

  @Test
  @Acceptance({"EV-8", "EV-23"})
  void event_isStoredDeliveredAndDone() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "order.*");
    EventEnvelope.Builder sent =
        event("order.placed")
            .setPartitionKey("k")
            .setContractHash("v2:x")
            .putHeaders("tenant", "t-1")
            .setOccurredAtUnixMs(1_700_000_000_123L);
    List<PublishStatusEntry> results = publish(WIRE.connected(publisher), sent);
    assertThat(statuses(results)).containsExactly(1);
    assertThat(results.get(0).getEventId()).isEqualTo(sent.getId());

    EventDelivery got = subscriber.delivery(1);
    assertThat(got.getAttempt()).isEqualTo(1);
    assertThat(got.getMatchedPatternsList()).containsExactly("order.*");
    assertThat(got.getEnvelope().getXSbTrace()).hasSize(73);
    assertThat(got.getEnvelope().toBuilder().clearXSbTrace().build())
        .isEqualTo(sent.clone().clearPayloadJson().build());
    assertThat(WIRE.deliveries(sent.getId())).containsExactly("pending");
    subscriber.ack(got);
    await().until(() -> WIRE.isDelivered(sent.getId()));
  }

  /** The trace of a delivery; its operation goes to the set. */
  private static String trace(EventDelivery delivery, Set<String> operations) {
    TraceContext trace = TraceContext.parse(delivery.getEnvelope().getXSbTrace()).orElseThrow();
    operations.add(trace.parentOpId());
    return trace.traceId();
  }

  /** Rejects what has come, and waits until it is a dead letter. */
  private static void bury(WireSubscriber at, EventDelivery delivery) {
    at.nack(delivery, Nack.newBuilder().setReject(true).setErrorMessage("no"));
    await()
        .until(
            () ->
                at.instance()
                        .client()
                        .unary(Methods.EVENTS_LIST_DLQ, ListDlqRequest.getDefaultInstance())
                        .ok()
                        .getEntriesCount()
                    == 1);
  }

  private static void replay(WireSubscriber at, EventDelivery delivery) {
    ReplayDlqRequest request =
        ReplayDlqRequest.newBuilder().setEventId(delivery.getEnvelope().getId()).build();
    at.instance().client().unary(Methods.EVENTS_REPLAY_DLQ, request).ok();
  }

  /** The first hand-out to two consumers, a retry and a replay; returns their one trace. */
  private String oneTrace(EventEnvelope.Builder sent) {
    WireSubscriber one = WireSubscriber.of(WIRE.connected(consumer), 32, "traced.*");
    WireSubscriber two = WireSubscriber.of(WIRE.connected(WIRE.service()), 32, "traced.*");
    publish(WIRE.connected(publisher), sent);
    Set<String> operations = new HashSet<>();
    EventDelivery first = one.delivery(1);
    String trace = trace(first, operations);
    assertThat(trace(two.delivery(1), operations)).as("another consumer").isEqualTo(trace);
    one.nack(first, Nack.newBuilder().setErrorMessage("again").setRetryAfterMs(0));
    EventDelivery retry = one.delivery(2);
    assertThat(trace(retry, operations)).as("a retry").isEqualTo(trace);
    bury(one, retry);
    replay(one, retry);
    assertThat(trace(one.delivery(3), operations)).as("a replay").isEqualTo(trace);
    assertThat(operations).as("an operation for each hand-out").hasSize(4);
    return trace;
  }

  @Test
  void event_withoutAUsableTrace_getsOneForAllItsDeliveries() {
    EventEnvelope.Builder without = event("traced.without");
    String trace = oneTrace(without);
    String stored =
        TRESTLE
            .kernel()
            .sql()
            .column(
                String.class,
                "SELECT x_sb_trace FROM event_log WHERE id = ?",
                UUID.fromString(without.getId()))
            .get(0);
    assertThat(TraceContext.parse(stored).orElseThrow().traceId()).isEqualTo(trace);
  }

  @Test
  void event_withABrokenTrace_getsOneForAllItsDeliveries() {
    assertThat(oneTrace(event("traced.broken").setXSbTrace("what is this"))).hasSize(36);
  }

  @Test
  void event_withATrace_keepsIt() {
    String trace = uuidV7();
    assertThat(oneTrace(event("traced.with").setXSbTrace(trace + "-" + uuidV7()))).isEqualTo(trace);
  }

  @Test
  @Acceptance({"EV-2", "EV-9"})
  void badNames_areRefused_andTheirNeighboursAreTaken() {
    List<PublishStatusEntry> results =
        publish(
            WIRE.connected(publisher),
            event("order-created.v1_alpha"),
            event("Order.Created"),
            event("order.created!"),
            event("name with spaces"),
            event(""),
            event(".leading.dot"),
            event("trailing.dot."),
            event("fine"));
    assertThat(statuses(results)).containsExactly(1, 5, 5, 5, 5, 5, 5, 1);
  }

  @Test
  @Acceptance("WI-59")
  void secondStream_isRefused() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 1, "a");
    publish(WIRE.connected(publisher), event("a"));
    subscriber.delivery(1);
    var second = WireSubscriber.open(subscriber.instance(), 1);
    assertThat(second.stream().ended().status().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(subscriber.stream().isOver()).isFalse();
  }

  @Test
  @Acceptance({"EV-15", "EV-84"})
  void sameId_isADuplicate_orAConflict() {
    WireInstance from = WIRE.connected(publisher);
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "dup.*");
    EventEnvelope.Builder first = event("dup.a");
    assertThat(statuses(publish(from, first))).containsExactly(1);
    List<PublishStatusEntry> again = publish(from, first);
    assertThat(statuses(again)).containsExactly(3);
    assertThat(again.get(0).getEventId()).isEqualTo(first.getId());

    WireInstance other = WIRE.connected(WIRE.service());
    List<PublishStatusEntry> foreign = publish(other, first, event("dup.b"));
    assertThat(statuses(foreign)).containsExactly(7, 1);
    assertThat(foreign.get(0).getMessage()).isEqualTo("id in use");

    EventDelivery last = subscriber.delivery(2);
    assertThat(last.getEnvelope().getName()).isEqualTo("dup.b");
  }

  @Test
  @Acceptance({"EV-10", "EV-11", "EV-12", "EV-13"})
  void sameKey_isADuplicateWithTheFirstId_orAConflict() {
    WireInstance one = WIRE.connected(publisher);
    WireInstance two = WIRE.connected(publisher);
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "key.*");
    EventEnvelope.Builder first = event("key.a").setIdempotencyKey("k");
    assertThat(statuses(publish(one, first))).containsExactly(1);
    for (WireInstance from : List.of(one, two)) {
      List<PublishStatusEntry> again = publish(from, event("key.a").setIdempotencyKey("k"));
      assertThat(statuses(again)).containsExactly(3);
      assertThat(again.get(0).getEventId()).isEqualTo(first.getId());
    }
    EventEnvelope.Builder changed =
        event("key.a")
            .setIdempotencyKey("k")
            .setPayload(ByteString.copyFromUtf8("{\"n\":2}"))
            .setPayloadJson(ByteString.copyFromUtf8("{\"n\":2}"));
    assertThat(statuses(publish(two, changed))).containsExactly(7);
    WireInstance stranger = WIRE.connected(WIRE.service());
    assertThat(statuses(publish(stranger, event("key.b").setIdempotencyKey("k"))))
        .containsExactly(1);
    assertThat(subscriber.delivery(2).getEnvelope().getName()).isEqualTo("key.b");
  }
}
