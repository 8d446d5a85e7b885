package io.trestle.system.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.trestle.Acceptance;
import io.trestle.protocol.schema.ContractHash;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.protobuf.MessageSchema;
import io.trestle.sdk.protobuf.MethodSchema;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.sdk.protobuf.SchemaFile;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The Java SDK and a client of another make, in every pairing: payloads decode equally, and the
 * versions of one event live side by side. The other one writes its fields by hand and has its
 * hashes from the vectors of rpc.md 7.4.
 */
@Timeout(120)
class EventPairingsTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static final AtomicInteger TESTS = new AtomicInteger();

  /** Of 1:string 2:double 3:string, by the table of vectors. */
  private static final String VECTOR =
      "v2:ccece68de0e672ffbf5bb582b43cc1d9599ad8acd3bcacc7aa31ac6f49bd91e3";

  private static final Map<String, Object> ORDER =
      Map.of("id", "o-1", "amount", 12.25, "currency", "EUR");

  private final String name = "pair" + TESTS.incrementAndGet() + ".placed";
  private final ServiceKey publishing = WIRE.service();
  private final ServiceKey consuming = WIRE.service();
  private final List<Object> seen = new CopyOnWriteArrayList<>();

  /** What of the payload both ends know. */
  enum Form {
    PROTOBUF {
      @Override
      EventSchema<Map<String, Object>> schema() {
        return MessageSchema.of(v1().message("Order")).asMaps();
      }
    },
    JSON_SCHEMA {
      @Override
      EventSchema<Map<String, Object>> schema() {
        return MessageSchema.of(SchemaFile.parse(jsonSchema("\"ok\": {\"type\": \"bool\"")))
            .asMaps();
      }
    };

    abstract EventSchema<Map<String, Object>> schema();
  }

  private static ProtoFile v1() {
    return file("", "string receipt = 1;");
  }

  private static ProtoFile file(String more, String reply) {
    return ProtoFile.parse(
        """
        syntax = "proto3";
        message Order { string id = 1; double amount = 2; string currency = 3; %s }
        message Reply { %s }
        service Orders { rpc Place(Order) returns (Reply); }
        """
            .formatted(more, reply));
  }

  private static String jsonSchema(String reply) {
    return """
        {
          "input": {"Order": {
            "id": {"type": "string", "fieldNumber": 1},
            "amount": {"type": "double", "fieldNumber": 2},
            "currency": {"type": "string", "fieldNumber": 3}}},
          "output": {"Reply": {%s, "fieldNumber": 1}}}
        }
        """
        .formatted(reply);
  }

  /** The same order in bytes, written field by field. */
  private static ByteString written(String note) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeString(1, "o-1");
      out.writeDouble(2, 12.25);
      out.writeString(3, "EUR");
      if (!note.isEmpty()) {
        out.writeString(4, note);
      }
      out.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return ByteString.copyFrom(bytes.toByteArray());
  }

  private <T> EventType<T> publisher(ServiceKey key, EventSchema<T> schema) {
    List<EventType<T>> defined = new ArrayList<>();
    TRESTLE.connect(key, sdk -> defined.add(sdk.events().define(name, schema)));
    return defined.get(0);
  }

  private <T> void subscriber(EventSchema<T> schema) {
    TRESTLE.connect(
        consuming, sdk -> sdk.events().handle(name, schema, (event, context) -> seen.add(event)));
  }

  private void awaitSeen(int number) {
    await().atMost(Duration.ofSeconds(30)).until(() -> seen.size() >= number);
  }

  private EventEnvelope delivered(WireSubscriber subscriber, int number) {
    var delivery = subscriber.delivery(number);
    subscriber.ack(delivery);
    return delivery.getEnvelope();
  }

  private List<String> declaredHashes() {
    return TRESTLE
        .kernel()
        .sql()
        .column(
            String.class,
            "SELECT DISTINCT contract_hash FROM service_methods"
                + " WHERE published AND method_name = ? ORDER BY 1",
            name);
  }

  // ---- pairings

  @ParameterizedTest
  @EnumSource(Form.class)
  @Acceptance("EV-40")
  void typedPayload_decodesEqually_inEveryPairing(Form form) {
    EventSchema<Map<String, Object>> schema = form.schema();
    WireSubscriber plain = WireSubscriber.of(WIRE.connected(WIRE.service()), 32, name);
    subscriber(schema);

    publisher(publishing, schema).publish(ORDER);
    awaitSeen(1);
    EventEnvelope fromSdk = delivered(plain, 1);
    assertThat(fromSdk.getPayload()).isEqualTo(written(""));
    assertThat(fromSdk.getContractHash()).isEqualTo(VECTOR);

    EventsWireTest.publish(
        WIRE.connected(WIRE.service()),
        EventsWireTest.event(name)
            .setPayload(written(""))
            .setPayloadJson(ByteString.EMPTY)
            .setContractHash(VECTOR));
    awaitSeen(2);
    assertThat(delivered(plain, 2).getPayload()).isEqualTo(written(""));
    assertThat(seen).containsExactly(ORDER, ORDER);
  }

  @Test
  @Acceptance("EV-40")
  void bytes_areTheSame_inEveryPairing() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    WireSubscriber plain = WireSubscriber.of(WIRE.connected(WIRE.service()), 32, name);
    TRESTLE.connect(
        consuming,
        sdk ->
            sdk.events()
                .handle(name, (event, context) -> seen.add(HexFormat.of().formatHex(event))));
    publisher(publishing, EventSchema.RAW).publish(all);
    awaitSeen(1);
    EventsWireTest.publish(
        WIRE.connected(WIRE.service()),
        EventsWireTest.event(name)
            .setPayload(ByteString.copyFrom(all))
            .setPayloadJson(ByteString.EMPTY));
    awaitSeen(2);

    assertThat(seen).containsOnly(HexFormat.of().formatHex(all)).hasSize(2);
    assertThat(delivered(plain, 1).getPayload().toByteArray()).isEqualTo(all);
    assertThat(delivered(plain, 2).getPayload().toByteArray()).isEqualTo(all);
    assertThat(delivered(plain, 2).getContractHash()).isEmpty();
  }

  /** JSON for those who have no schema is the payload itself. */
  @Test
  @Acceptance("EV-40")
  void json_isTheSameText_inEveryPairing() {
    String text = new JsonObject().put("n", 1).put("tags", List.of("a", "ü")).encode();
    WireSubscriber plain = WireSubscriber.of(WIRE.connected(WIRE.service()), 32, name);
    TRESTLE.connect(
        consuming,
        sdk -> sdk.events().handle(name, (event, context) -> seen.add(new String(event, UTF_8))));
    publisher(publishing, EventSchema.RAW).publish(text.getBytes(UTF_8));
    EventsWireTest.publish(
        WIRE.connected(WIRE.service()),
        EventsWireTest.event(name).setPayload(ByteString.copyFromUtf8(text)));
    awaitSeen(2);

    assertThat(seen).containsOnly(text).hasSize(2);
    assertThat(delivered(plain, 1).getPayload().toStringUtf8()).isEqualTo(text);
    assertThat(delivered(plain, 2).getPayload().toStringUtf8()).isEqualTo(text);
  }

  // ---- versions

  @Test
  @Acceptance("EV-78")
  void twoVersionsOfOneName_areBothRegistered_andAnOldSubscriberDropsTheNewField() {
    EventSchema<Map<String, Object>> old = MessageSchema.of(v1().message("Order")).asMaps();
    EventSchema<Map<String, Object>> next =
        MessageSchema.of(file("string note = 4;", "").message("Order")).asMaps();
    subscriber(old);
    EventType<Map<String, Object>> first = publisher(publishing, old);
    EventType<Map<String, Object>> second = publisher(publishing, next);

    assertThat(old.contractHash()).isNotEqualTo(next.contractHash());
    assertThat(declaredHashes()).containsExactlyInAnyOrder(old.contractHash(), next.contractHash());
    first.publish(ORDER);
    awaitSeen(1);
    Map<String, Object> noted = new HashMap<>(ORDER);
    noted.put("note", "by hand");
    second.publish(noted);
    awaitSeen(2);

    assertThat(seen).containsExactly(ORDER, ORDER);
  }

  @Test
  @Acceptance("EV-78")
  void newFieldOfAnotherMake_isDroppedToo_andTheNewSubscriberSeesIt() {
    EventSchema<Map<String, Object>> next =
        MessageSchema.of(file("string note = 4;", "").message("Order")).asMaps();
    subscriber(MessageSchema.of(v1().message("Order")).asMaps());
    List<Object> whole = new CopyOnWriteArrayList<>();
    ServiceBridge unused =
        TRESTLE.connect(
            WIRE.service(),
            sdk -> sdk.events().handle(name, next, (event, context) -> whole.add(event)));
    EventsWireTest.publish(
        WIRE.connected(publishing),
        EventsWireTest.event(name)
            .setPayload(written("by hand"))
            .setPayloadJson(ByteString.EMPTY)
            .setContractHash(next.contractHash()));
    awaitSeen(1);
    await().until(() -> !whole.isEmpty());

    assertThat(seen).containsExactly(ORDER);
    assertThat(whole.get(0)).asString().contains("note=by hand");
  }

  @Test
  @Acceptance("EV-79")
  void replyTypeOfTheSchema_doesNotChangeTheHash() {
    MethodSchema one = v1().method("Place");
    MethodSchema other = file("", "int64 total = 1; repeated string of = 2;").method("Place");
    EventSchema<Map<String, Object>> first = MessageSchema.of(one).asMaps();
    EventSchema<Map<String, Object>> second = MessageSchema.of(other).asMaps();
    EventSchema<Map<String, Object>> third =
        MessageSchema.of(SchemaFile.parse(jsonSchema("\"cents\": {\"type\": \"int64\""))).asMaps();

    assertThat(ContractHash.of(one.input(), one.output()))
        .isNotEqualTo(ContractHash.of(other.input(), other.output()));
    assertThat(List.of(first, second, third))
        .extracting(EventSchema::contractHash)
        .containsOnly(VECTOR);
    publisher(publishing, first);
    publisher(WIRE.service(), second);
    publisher(WIRE.service(), third);
    assertThat(declaredHashes()).containsExactly(VECTOR);
  }

  // ---- time

  /** The best of some, so that a busy machine does not matter: a pause in the way would. */
  @Test
  @Acceptance("EV-6")
  void publish_resolvesInLessThanHalfASecond() throws Exception {
    EventType<byte[]> event = publisher(publishing, EventSchema.RAW);
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long began = System.nanoTime();
      assertThat(event.publishAsync(new byte[100]).get(30, TimeUnit.SECONDS)).isNotEmpty();
      best = Math.min(best, System.nanoTime() - began);
    }
    assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(500));
  }
}
