package io.trestle.sdk.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.Acceptance;
import io.trestle.protocol.schema.JsonMirror;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ValidationException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Records and maps as messages, and back (rpc.md 7.2). */
class ShapesTest {
  private static final ProtoFile FILE =
      ProtoFile.parse(
          """
          syntax = "proto3"; package shop;
          enum Kind { PLAIN = 0; GIFT = 1; EXPRESS = 2; }
          message Money { string currency = 1; int64 amount = 2; }
          message Order {
            string order_id = 1;
            int32 count = 2;
            int64 total = 3;
            uint32 weight = 4;
            uint64 serial = 5;
            float share = 6;
            double rate = 7;
            bool paid = 8;
            bytes blob = 9;
            Kind kind = 10;
            Money price = 11;
            repeated Money parts = 12;
            repeated string tags = 13;
            map<string, Money> by_name = 14;
            map<int64, string> by_number = 15;
            optional int32 limit = 16;
            oneof pick { string text = 17; Money money = 18; int64 number = 19; }
            repeated Kind kinds = 20;
            Order parent = 21;
            sfixed64 exact = 22;
            fixed32 unsigned = 23;
          }
          """);
  private static final MethodSchema SCHEMA = FILE.messages("Order", "Money");

  enum Kind {
    PLAIN,
    GIFT,
    EXPRESS
  }

  record Money(String currency, long amount) {}

  record Order(
      String orderId,
      int count,
      long total,
      long weight,
      long serial,
      float share,
      double rate,
      boolean paid,
      byte[] blob,
      Kind kind,
      @Nullable Money price,
      List<Money> parts,
      List<String> tags,
      Map<String, Money> byName,
      Map<Long, String> byNumber,
      Optional<Integer> limit,
      @Nullable String text,
      Optional<Money> money,
      @Nullable Long number,
      List<Kind> kinds,
      @Nullable Order parent) {}

  private static Order order(@Nullable Order parent) {
    return new Order(
        "o-1",
        -7,
        9007199254740993L,
        4294967295L,
        -1,
        0.5f,
        1e300,
        true,
        new byte[] {1, -1},
        Kind.GIFT,
        new Money("EUR", Long.MIN_VALUE),
        List.of(new Money("", 0), new Money("USD", 5)),
        List.of("a", ""),
        Map.of("x", new Money("CHF", 1)),
        Map.of(-5L, "five"),
        Optional.of(0),
        null,
        Optional.of(new Money("GBP", 3)),
        null,
        List.of(Kind.PLAIN, Kind.EXPRESS),
        parent);
  }

  private static <T> MessageType<T> type(Class<T> record) {
    return MessageType.of(record, SCHEMA.input());
  }

  private static final MessageType<Map<String, Object>> MAPS = MessageType.maps(SCHEMA.input());

  @Test
  void record_comesBackAsItWent() throws Misfit {
    MessageType<Order> type = type(Order.class);
    Order sent = order(order(null));

    Order back = type.decode(type.encode(sent));

    assertThat(back).usingRecursiveComparison().isEqualTo(sent);
  }

  @Test
  void emptyMessage_isReadWithDefaults_absentAsNullOrEmpty() throws Misfit {
    Order empty = type(Order.class).decode(new byte[0]);

    assertThat(empty.orderId()).isEmpty();
    assertThat(empty.count()).isZero();
    assertThat(empty.kind()).isEqualTo(Kind.PLAIN);
    assertThat(empty.price()).isNull();
    assertThat(empty.parts()).isEmpty();
    assertThat(empty.byName()).isEmpty();
    assertThat(empty.limit()).isEmpty();
    assertThat(empty.text()).isNull();
    assertThat(empty.number()).isNull();
    assertThat(type(Order.class).encode(empty)).isEmpty();
  }

  @Test
  @Acceptance("SC-6")
  void longs_areNumbersInJava_andStringsInTheMirror()
      throws Misfit, InvalidProtocolBufferException {
    byte[] payload = MAPS.encode(Map.of("total", 9007199254740993L, "serial", -1L));

    assertThat(MAPS.decode(payload)).containsEntry("total", 9007199254740993L);
    assertThat(JsonMirror.of(DynamicMessage.parseFrom(SCHEMA.input(), payload)))
        .isEqualTo("{\"total\":\"9007199254740993\",\"serial\":\"18446744073709551615\"}");
  }

  @Test
  void maps_readWhatRecordsWrite() throws Misfit {
    Map<String, Object> map = MAPS.decode(type(Order.class).encode(order(null)));

    assertThat(map)
        .containsEntry("orderId", "o-1")
        .containsEntry("weight", 4294967295L)
        .containsEntry("kind", "GIFT")
        .containsEntry("limit", 0)
        .containsEntry("price", Map.of("currency", "EUR", "amount", Long.MIN_VALUE))
        .containsEntry("byNumber", Map.of(-5L, "five"))
        .containsEntry("kinds", List.of("PLAIN", "EXPRESS"))
        .containsEntry("exact", 0L)
        .doesNotContainKeys("text", "parent", "number");
    assertThat(type(Order.class).decode(MAPS.encode(map)))
        .usingRecursiveComparison()
        .isEqualTo(order(null));
  }

  @Test
  void maps_areCheckedAsTheyAreWritten() {
    refused(Map.of("colour", 1), "colour: no such field (expected: orderId, count,");
    refused(Map.of("count", 1L << 31), "count: 2147483648 (expected: int32)");
    refused(Map.of("weight", -1), "weight: -1 (expected: uint32)");
    refused(Map.of("total", "5"), "total: String (expected: int64)");
    refused(Map.of("kind", "GRAND"), "kind: String (expected: a value of shop.Kind)");
    refused(Map.of("price", "5"), "price: String (expected: a map, for shop.Money)");
    refused(Map.of("parts", Map.of()), "parts: MapN (expected: a list)");
    refused(
        Map.of("parts", List.of(Map.of(), Map.of("amount", true))),
        "parts[1].amount: Boolean (expected: int64)");
    refused(
        Map.of("byName", Map.of("x", Map.of("currency", 1))),
        "byName[x].currency: Integer (expected: string)");
    refused(Map.of("text", "a", "number", 1), "(expected: one of pick)");
    Map<String, Object> endless = new HashMap<>();
    endless.put("parent", endless);
    refused(endless, "nested deeper than 100 messages");
  }

  private static void refused(Map<String, Object> value, String expected) {
    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> MAPS.encode(value))
        .withMessageStartingWith("serde: encode shop.Order: ")
        .withMessageContaining(expected);
  }

  record Unknown(String orderId, int colour) {}

  record Narrow(int total) {}

  record Lossy(int limit) {}

  record Always(Optional<String> orderId) {}

  enum OtherKind {
    PLAIN,
    GRAND
  }

  record Constants(OtherKind kind) {}

  record Lists(List<Integer> tags) {}

  record Keys(Map<String, String> byNumber) {}

  record Deep(List<Narrower> parts) {}

  record Narrower(int amount) {}

  @Test
  void record_thatDoesNotFit_isRefusedWhenItIsDeclared() {
    unfit(Unknown.class, "Unknown.colour: no such field in shop.Order (expected: one of orderId,");
    unfit(Narrow.class, "Narrow.total: int (expected: Long, for field shop.Order.total)");
    unfit(Lossy.class, "Lossy.limit: int (expected: a type that may be null, or Optional,");
    unfit(Always.class, "Always.orderId: ");
    unfit(Constants.class, "no constant GRAND, for shop.Kind");
    unfit(Lists.class, "Lists.tags: java.util.List<java.lang.Integer> (expected: String,");
    unfit(Keys.class, "(expected: Map<Long, ...>");
    unfit(Deep.class, "Narrower.amount: int (expected: Long, for field shop.Money.amount)");
    unfit(String.class, "java.lang.String: not a record");
  }

  private static void unfit(Class<?> record, String expected) {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> SCHEMA.as(record, Money.class))
        .withMessageStartingWith("serde: ")
        .withMessageContaining(expected);
  }

  record Part(String orderId, List<Map<String, Object>> parts, String kind) {}

  @Test
  void record_mayHoldMapsAndNames_andLeaveFieldsOut() throws Misfit {
    Part part = type(Part.class).decode(type(Order.class).encode(order(null)));

    assertThat(part.orderId()).isEqualTo("o-1");
    assertThat(part.parts().get(1)).isEqualTo(Map.of("currency", "USD", "amount", 5L));
    assertThat(part.kind()).isEqualTo("GIFT");
  }

  record Times(@Nullable Instant at, List<Duration> took) {}

  private static final MethodSchema TIMES =
      ProtoFile.parse(
              """
              syntax = "proto3";
              import "google/protobuf/timestamp.proto";
              import "google/protobuf/duration.proto";
              message Times {
                google.protobuf.Timestamp at = 1;
                repeated google.protobuf.Duration took = 2;
              }
              """)
          .messages("Times", "Times");

  @Property(tries = 200)
  void times_areThoseOfTheJdk(@ForAll int seconds, @ForAll @IntRange(max = 999_999_999) int nanos)
      throws Misfit {
    MessageType<Times> type = MessageType.of(Times.class, TIMES.input());
    Times sent =
        new Times(
            Instant.ofEpochSecond(seconds, nanos),
            List.of(Duration.ofSeconds(seconds, nanos), Duration.ZERO, Duration.ofNanos(-1)));

    assertThat(type.decode(type.encode(sent))).isEqualTo(sent);
  }

  @Test
  void times_beyondJava_areAMisfit_andAbsentOnesNull() throws Misfit {
    MessageType<Times> type = MessageType.of(Times.class, TIMES.input());
    byte[] endless =
        MessageType.maps(TIMES.input()).encode(Map.of("at", Map.of("seconds", Long.MAX_VALUE)));

    assertThat(type.decode(new byte[0])).isEqualTo(new Times(null, List.of()));
    assertThat(catchThrowable(() -> type.decode(endless)))
        .isInstanceOf(Misfit.class)
        .hasMessageStartingWith("at: 9223372036854775807 s");
  }

  enum FewKinds {
    PLAIN
  }

  record Few(FewKinds kind) {}

  record Positive(int count) {
    Positive {
      if (count < 0) {
        throw new IllegalArgumentException("count: " + count + " (expected: 0 or more)");
      }
    }
  }

  @Test
  void payload_thatTheRecordCannotHold_isAMisfit() {
    byte[] payload = type(Order.class).encode(order(null));

    assertThat(catchThrowable(() -> type(Few.class).decode(payload)))
        .isInstanceOf(Misfit.class)
        .hasMessage("kind: GIFT (expected: one of [PLAIN])");
    assertThat(catchThrowable(() -> type(Positive.class).decode(payload)))
        .isInstanceOf(Misfit.class)
        .hasMessage("Positive: count: -7 (expected: 0 or more)");
  }

  @Test
  void requiredFields_mustHaveAComponent_andAValue() {
    MethodSchema required =
        ProtoFile.parse("message A { required string a = 1; optional string b = 2; }")
            .messages("A", "A");

    assertThat(catchThrowable(() -> required.as(B.class, B.class)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no component a (expected: it is required in A)");
    assertThat(catchThrowable(() -> required.asMaps().requests().encode(Map.of("b", ""))))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("serde: encode A: ")
        .hasMessageContaining("required");
  }

  record B(@Nullable String b) {}

  @Test
  void floodOfEmptyMessages_isRefusedBeforeItFillsTheMemory() {
    byte[] parts = new byte[200_000];
    for (int i = 0; i < parts.length; i += 2) {
      parts[i] = 0x62; // field 12, empty
    }
    MethodSchema wide =
        ProtoFile.parse(
                "syntax = \"proto3\"; message A { repeated A parts = 12; "
                    + "int32 a = 1; int32 b = 2; int32 c = 3; int32 d = 4; int32 e = 5; "
                    + "int32 f = 6; int32 g = 7; int32 h = 8; int32 i = 9; int32 j = 10; }")
            .messages("A", "A");

    assertThat(catchThrowable(() -> wide.asMaps().requests().decode(parts)))
        .isInstanceOf(Misfit.class)
        .hasMessage("parts: more than 1000000 values (expected: fewer)");
  }

  /** Garbage is a misfit, and what is none is read the same by both forms. */
  @Property(tries = 3_000)
  void anyBytes_areReadOrAMisfit(@ForAll @Size(max = 40) byte[] payload) {
    read(payload);
  }

  /** Damaged payloads come further than random bytes do. */
  @Property(tries = 3_000)
  void anyDamage_isReadOrAMisfit(@ForAll int at, @ForAll byte with, @ForAll boolean cut) {
    byte[] payload = type(Order.class).encode(order(order(null)));
    int place = Math.floorMod(at, payload.length);
    payload[place] = with;
    read(cut ? java.util.Arrays.copyOf(payload, place) : payload);
  }

  private static void read(byte[] payload) {
    try {
      Map<String, Object> map = MAPS.decode(payload);
      Order order = type(Order.class).decode(payload);
      assertThat(map.get("orderId")).isEqualTo(order.orderId());
      assertThat(map.get("total")).isEqualTo(order.total());
      assertThat(MAPS.decode(MAPS.encode(map))).usingRecursiveComparison().isEqualTo(map);
    } catch (Misfit e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }
}
