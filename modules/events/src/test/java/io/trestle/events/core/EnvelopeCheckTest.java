package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.trestle.Acceptance;
import io.trestle.conversations.Events.Event;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused without the database, each rule at its limit (events.md 1.1, 2.2, 2.6.4). */
class EnvelopeCheckTest {
  private static final String ID = "0190a8f0-0000-7000-8000-000000000001";

  /** Of all parts of an event together. */
  private static final int MOST_BYTES = 1_000;

  private static final Event PLAIN = named("order.placed");

  private static Event event(
      String id, String name, int payload, int view, Map<String, String> headers) {
    return new Event(id, name, new byte[payload], "", "", "", headers, 0, "", new byte[view]);
  }

  private static Event named(String name) {
    return event(ID, name, 0, 0, Map.of());
  }

  private static Event withId(String id) {
    return event(id, "a", 0, 0, Map.of());
  }

  private static Event keyed(String hash, String partitionKey, String idempotencyKey) {
    return new Event(
        ID, "a", new byte[0], hash, partitionKey, idempotencyKey, Map.of(), 0, "", new byte[0]);
  }

  private static Event headed(Map<String, String> headers) {
    return event(ID, "a", 0, 0, headers);
  }

  private static Map<String, String> headers(int count) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      headers.put("h" + i, "v");
    }
    return headers;
  }

  private static String refusal(Event event, int maxBytes, ServicePolicy policy) {
    Verdict verdict = EnvelopeCheck.refusal(event, maxBytes, policy, "shop");
    return verdict == null ? "" : verdict.status().number() + " " + verdict.message();
  }

  static Stream<Arguments> taken() {
    return Stream.of(
        arguments("name of 255 bytes", named("a".repeat(255))),
        arguments("name of 32 segments", named("a" + ".a".repeat(31))),
        arguments("id in upper case", withId("0190A8F0-0000-7000-8000-00000000000F")),
        arguments("id of another version", withId("00000000-0000-0000-0000-000000000000")),
        arguments("partition key of 512 bytes", keyed("", "é".repeat(256), "")),
        arguments("idempotency key of 512 bytes", keyed("", "", "k".repeat(512))),
        arguments("contract hash of 512 bytes", keyed("h".repeat(512), "", "")),
        arguments("64 headers", headed(headers(64))),
        arguments("headers of 16 KiB, keys", headed(Map.of("k".repeat(16 << 10), ""))),
        arguments("headers of 16 KiB, values", headed(Map.of("", "v".repeat(16 << 10)))),
        arguments(
            "headers of 16 KiB, both", headed(Map.of("é".repeat(4 << 10), "v".repeat(8 << 10)))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("taken")
  void atTheLimit_isTaken(String what, Event event) {
    assertThat(refusal(event, 1 << 20, ServicePolicy.OPEN)).as(what).isEmpty();
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        arguments("name of 256 bytes", named("a".repeat(256)), "5 "),
        arguments("name of 33 segments", named("a" + ".a".repeat(32)), "5 "),
        arguments("no name", named(""), "5 "),
        arguments("id that is none", withId("nonsense"), "5 invalid event id"),
        arguments("no id", withId(""), "5 invalid event id"),
        arguments("id without dashes", withId(ID.replace("-", "")), "5 invalid event id"),
        arguments("id with more", withId(ID + "0"), "5 invalid event id"),
        arguments("id in braces", withId("{" + ID.substring(2) + "}"), "5 invalid event id"),
        arguments(
            "partition key of 513 bytes",
            keyed("", "é".repeat(256) + "k", ""),
            "6 partition key too large: 513 bytes, limit 512"),
        arguments("partition key with U+0000", keyed("", "a\0b", ""), "6 partition key: "),
        arguments(
            "idempotency key of 513 bytes",
            keyed("", "", "k".repeat(513)),
            "6 idempotency key too large: 513 bytes, limit 512"),
        arguments("contract hash of 513 bytes", keyed("h".repeat(513), "", ""), "6 contract hash"),
        arguments("65 headers", headed(headers(65)), "6 too many headers: 65, limit 64"),
        arguments(
            "headers too large, keys",
            headed(Map.of("k".repeat((16 << 10) + 1), "")),
            "6 headers too large: 16385 bytes, limit 16384"),
        arguments(
            "headers too large, values",
            headed(Map.of("", "v".repeat((16 << 10) + 1))),
            "6 headers too large: 16385 bytes, limit 16384"),
        arguments(
            "headers too large, both",
            headed(Map.of("é".repeat(4 << 10), "v".repeat((8 << 10) + 1))),
            "6 headers too large: 16385 bytes, limit 16384"),
        arguments("header with U+0000", headed(Map.of("h", "a\0b")), "6 headers: "));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  @Acceptance("EV-88")
  void overTheLimit_isRefused(String what, Event event, String refusal) {
    assertThat(refusal(event, 1 << 20, ServicePolicy.OPEN)).as(what).startsWith(refusal);
  }

  static Stream<Arguments> parts() {
    return Stream.of(
        arguments("payload", 996, 0, Map.of()),
        arguments("JSON view", 0, 996, Map.of()),
        arguments("payload and JSON view", 500, 496, Map.of()),
        arguments("payload and headers", 900, 0, Map.of("k".repeat(48), "v".repeat(48))),
        arguments("all of them", 400, 400, Map.of("k".repeat(98), "v".repeat(98))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("parts")
  @Acceptance("EV-22")
  void size_isThatOfAllPartsTogether(
      String what, int payload, int view, Map<String, String> headers) {
    Event full = event(ID, "name", payload, view, headers);
    assertThat(refusal(full, MOST_BYTES, ServicePolicy.OPEN)).as(what).isEmpty();
    Event over = event(ID, "names", payload, view, headers);
    assertThat(refusal(over, MOST_BYTES, ServicePolicy.OPEN))
        .as(what)
        .isEqualTo("6 event too large: 1001 bytes, limit 1000");
  }

  @Test
  void capabilityAndRules_areAskedLast_inThisOrder() {
    ServicePolicy mute = ServicePolicy.of(EnumSet.noneOf(Capability.class), List.of());
    ServicePolicy other =
        ServicePolicy.of(
            EnumSet.allOf(Capability.class),
            List.of(new Rule(Action.EVENT_PUBLISH, null, "payment.#")));
    assertThat(refusal(PLAIN, MOST_BYTES, mute)).startsWith("6 access denied: capability: shop ");
    assertThat(refusal(PLAIN, MOST_BYTES, other)).startsWith("6 access denied: egress: shop ");
    assertThat(refusal(named("payment.x"), MOST_BYTES, other)).isEmpty();
    assertThat(refusal(named(""), MOST_BYTES, mute)).startsWith("5 ");
    assertThat(refusal(event(ID, "a", MOST_BYTES, 0, Map.of()), MOST_BYTES, mute))
        .startsWith("6 event too large");
  }
}
