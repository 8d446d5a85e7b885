package io.trestle.protocol.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventFilterTest {
  private static final JsonView GO =
      view(
          """
          {"id":"o-1","amount":42.5,"cur":"EUR","big":"9007199254740993",
           "cust":{"tier":"gold","age":null},"items":[{"sku":"a"},{"sku":"b"}]}""");

  /** Node writes 64-bit integers as numbers, keeps unset fields and another order of keys. */
  private static final JsonView NODE =
      view(
          """
          {"items":[{"sku":"a","note":""},{"sku":"b","note":""}],"big":9007199254740993,
           "note":"","cust":{"age":null,"tier":"gold"},"cur":"EUR","amount":42.50,"id":"o-1"}""");

  private static final JsonView ORDER =
      view(
          """
          {"order":{"status":"paid","total":150,"vip":true},"region":"eu-west","code":"0150",
           "size":"150","note":"a, b","empty":"","nothing":null,"list":[1]}""");

  @ParameterizedTest
  @Acceptance("EV-46")
  @ValueSource(
      strings = {
        "",
        " \r\n\t ",
        "{}",
        " { } ",
        "{\"$.cur\":\"EUR\"}",
        "{\"$.cur\":\"EUR\",\"$.amount\":42.50}",
        "{\"$.cust.tier\":\"gold\"}",
        "{\"$.cust.age\":null}",
        "{\"$.items[1].sku\":\"b\"}",
        "{\"$.items[*].sku\":\"b\"}",
        "{\"$.items[*].sku\":[\"a\",\"b\"]}",
        "{\"$.big\":9007199254740993}",
        "{\"$.amount\":{\"$gt\":40,\"$lte\":42.5}}",
        "{\"$.cust.zip\":{\"$exists\":false}}",
        "{\"$.items[*].sku\":{\"$in\":[\"b\",\"z\"]}}",
        "{\"$.items[*].sku\":{\"$ne\":\"a\"}}",
        // ours
        "{\"$.cust.age\":{\"$exists\":true}}",
        "{\"$.cust.zip\":{\"$ne\":1}}",
        "{\"$.cust.age\":{\"$ne\":1}}",
        "{\"$.id\":{\"$prefix\":\"o-\"}}",
        "{\"$.items[*].sku\":{\"$prefix\":\"b\"}}",
        "{\"$.items[*].zip\":{\"$exists\":false}}",
        "{\"$.big\":{\"$in\":[1,9007199254740993]}}",
        "{\"$['cust']['tier']\":\"gold\"}",
        "{\"$.amount\":4.25e1}",
        "{\"$.cur\":\"USD\",\"$.cur\":\"EUR\"}",
        "{\"$.items[*][1].sku\":\"b\"}",
        "{\"$\":{\"$exists\":true}}",
      })
  void jsonForm_matchingPayload_passes(String filter) {
    assertThat(EventFilter.parse(filter).test(GO)).isTrue();
    assertThat(EventFilter.parse(filter).test(NODE)).isTrue();
  }

  @ParameterizedTest
  @Acceptance("EV-46")
  @ValueSource(
      strings = {
        "{\"$.cur\":\"eur\"}",
        "{\"$.amount\":\"42.5\"}",
        "{\"$.cur\":\"EUR\",\"$.id\":\"x\"}",
        "{\"$.cust.zip\":null}",
        "{\"$.cust.zip\":\"\"}",
        "{\"$.cust.tier.x\":1}",
        "{\"$.items[7].sku\":\"b\"}",
        // ours
        "{\"$.big\":9007199254740992}",
        "{\"$.big\":{\"$ne\":9007199254740993}}",
        "{\"$.items[*].sku\":[\"b\",\"a\"]}",
        "{\"$.items[*].sku\":[\"a\"]}",
        "{\"$.items[99999999999999999999].sku\":\"b\"}",
        "{\"$.cur[*]\":\"EUR\"}",
        "{\"$.cust.tier\":{\"$gt\":1}}",
        "{\"$.cust.zip\":{\"$gt\":-1}}",
        "{\"$.amount\":{\"$gt\":42.5}}",
        "{\"$.amount\":{\"$lt\":42.5}}",
        "{\"$.amount\":{\"$gte\":42.6}}",
        "{\"$.cur\":{\"$in\":[]}}",
        "{\"$.amount\":{\"$prefix\":\"4\"}}",
        "{\"$.cust.tier\":true}",
        "{\"$.cust\":null}",
        "{\"$.amount\":1e999999999}",
      })
  void jsonForm_otherPayload_doesNotPass(String filter) {
    assertThat(EventFilter.parse(filter).test(GO)).isFalse();
    assertThat(EventFilter.parse(filter).test(NODE)).isFalse();
  }

  @ParameterizedTest
  @Acceptance("EV-46")
  @ValueSource(
      strings = {
        "{\"cur\":\"EUR\"}",
        "{\"$cur\":1}",
        "{\"$.a-b\":1}",
        "{\"$..a\":1}",
        "{\"$.a[-1]\":1}",
        "[\"$.cur\"]",
        "5",
        "{",
        "{\"not a path\":{\"nested\":true}}",
        "{\"$.a\":{\"nested\":true}}",
        "{\"$.a\":{}}",
        // ours
        "[]",
        "\"$.a\"",
        "null",
        "{\"\":1}",
        "{\"$.\":1}",
        "{\"$.1a\":1}",
        "{\"$.a[\":1}",
        "{\"$.a[]\":1}",
        "{\"$.a[1\":1}",
        "{\"$.a[*\":1}",
        "{\"$.a['b]\":1}",
        "{\"$.a['b\\\\x']\":1}",
        "{\"$.a\\n\":1}",
        "{\"$.a\":1}x",
        "{\"$.a\":1}{}",
        "{\"$.a\":01}",
        "{\"$.a\":NaN}",
        "{\"$.a\":1,}",
        "{'$.a':1}",
        "{\"$.a\":{\"$gt\":\"1\"}}",
        "{\"$.a\":{\"$in\":1}}",
        "{\"$.a\":{\"$exists\":1}}",
        "{\"$.a\":{\"$prefix\":1}}",
        "{\"$.a\":{\"$ne\":{}}}",
        "{\"$.a\":{\"$gt\":1,\"x\":2}}",
        "{\"$.a\":1e99999999999}",
        "{\"$.a\":[{\"b\":1e99999999999}]}",
        "order.total",
        "=5",
        "a=1,,b=2",
        "a~b",
        "a=1,",
        ",a=1",
        "a..b=1",
        ".a=1",
        "a.=1",
        "$.a=1",
        "a b=1",
        "a!b",
        "a! =b",
        "a=\"b",
        "a=\"b\"c",
        "a=\"b\" c,d=1",
      })
  void parse_malformedText_isRefusedWithReason(String filter) {
    assertThatThrownBy(() -> EventFilter.parse(filter))
        .isInstanceOf(FilterException.class)
        .hasMessageStartingWith("filter: ");
  }

  @ParameterizedTest
  @Acceptance("EV-46")
  @ValueSource(
      strings = {
        "order.status=paid",
        "order.total>100",
        "order.total=150.0",
        "order.total>=150,order.vip=true",
        "region!=us-east",
        "region>eu",
        "zone!=a",
        // ours
        "  order.status  =  paid , order.total < 150.5 ",
        "size=150.0",
        "size>1",
        "size<9",
        "order.total<=1.5e2",
        "order.total!=151",
        "order.vip!=false",
        "code!=150",
        "note=\"a, b\",region=\"eu-west\"",
        "empty=",
        "empty=\"\"",
        "nothing!=",
        "order!=x",
        "list!=1",
        "order.total>-1",
        "order.total<x",
      })
  void textForm_matchingPayload_passes(String filter) {
    assertThat(EventFilter.parse(filter).test(ORDER)).isTrue();
  }

  @ParameterizedTest
  @Acceptance("EV-46")
  @ValueSource(
      strings = {
        "order.total<150",
        "order.status=paid,order.total>200",
        "zone=a",
        "zone>0",
        "order=x",
        // ours
        "size>99",
        "size!=150.0",
        "code=150",
        "nothing=",
        "zone=",
        "zone<=z",
        "list=1",
        "order.status==paid",
        "order.total.x=1",
        "order.vip=1",
        "order.total!=1.50e2",
      })
  void textForm_otherPayload_doesNotPass(String filter) {
    assertThat(EventFilter.parse(filter).test(ORDER)).isFalse();
  }

  @Test
  void parse_malformedText_namesKeyAndPosition() {
    assertReason("{\"$.ok\":1,\"$..a\":1}", "key \"$..a\": not a path at character 3");
    assertReason(
        "{\"not a path\":{\"nested\":true}}", "key \"not a path\": not a path at character 1");
    assertReason("{\"$.a\":{\"$regex\":\"x\"}}", "key \"$.a\": \"$regex\" in an object");
    assertReason("a=1,,b=2", "character 5: expected a field");
    assertReason("order.total", "character 12: expected one of >=");
    assertReason("{\"$.a\":1", "not JSON: ");
  }

  private static void assertReason(String filter, String reason) {
    assertThatThrownBy(() -> EventFilter.parse(filter)).hasMessageContaining(reason);
  }

  @Test
  void parse_beyondLimits_isRefused() {
    String text = "{\"$.a\":\"" + "x".repeat(4096 - 10) + "\"}";
    assertThat(EventFilter.parse(text).passesAll()).isFalse();
    assertReason(text + " ", "4096 bytes");
    assertReason("{\"$.a\":\"" + "ä".repeat(2044) + "\"}", "4096 bytes");
    EventFilter.parse(conditions(32));
    assertReason(conditions(33), "32 conditions");
    EventFilter.parse("a=1" + ",a=1".repeat(31));
    assertReason("a=1" + ",a=1".repeat(32), "32 conditions");
    EventFilter.parse("{\"$" + ".a".repeat(16) + "\":1}");
    assertReason("{\"$" + ".a".repeat(17) + "\":1}", "16 steps");
    EventFilter.parse("a" + ".a".repeat(15) + "=1");
    assertReason("a" + ".a".repeat(16) + "=1", "16 steps");
    assertReason("{\"$.a\":" + "[".repeat(64) + "]".repeat(64) + "}", "not JSON");
  }

  private static String conditions(int count) {
    return IntStream.range(0, count)
        .mapToObj("\"$.a%d\":1"::formatted)
        .collect(Collectors.joining(",", "{", "}"));
  }

  @Test
  void equality_sameMeaning_isEqual() {
    assertThat(EventFilter.parse("{\"$.a\":1,\"$.b\":[1.0]}"))
        .isEqualTo(EventFilter.parse("{ \"$['b']\":[1e0], \"$.a\":1.00 }"))
        .hasSameHashCodeAs(EventFilter.parse("{ \"$['b']\":[1e0], \"$.a\":1.00 }"))
        .isNotEqualTo(EventFilter.parse("{\"$.a\":1}"))
        .isNotEqualTo(EventFilter.parse("{\"$.a\":1,\"$.b\":[\"1\"]}"));
    assertThat(EventFilter.parse("{}")).isEqualTo(EventFilter.parse(""));
    assertThat(EventFilter.parse("{}").passesAll()).isTrue();
    assertThat(EventFilter.parse("a=1,b=2")).isEqualTo(EventFilter.parse("b = 2, a = 1"));
  }

  @Test
  void jsonForm_deepLiterals_compareByValue() {
    JsonView view =
        view("{\"a\":[{\"x\":1.0,\"y\":\"18446744073709551615\"},null],\"b\":1,\"b\":2}");
    assertThat(passes("{\"$.a\":[{\"y\":18446744073709551615,\"x\":1},null]}", view)).isTrue();
    assertThat(passes("{\"$.a\":[{\"y\":18446744073709551615},null]}", view)).isFalse();
    assertThat(passes("{\"$.a[*].x\":{\"$exists\":false}}", view)).isTrue();
    assertThat(passes("{\"$.a[*].x\":[1]}", view)).isFalse();
    assertThat(passes("{\"$.a\":{\"$ne\":[]}}", view)).isTrue();
    assertThat(passes("{\"$.b\":2}", view)).isTrue();
    assertThat(passes("{\"$.b\":{\"$gte\":1.99999999999999999999}}", view)).isTrue();
    assertThat(passes("{\"$.a[*][*]\":{\"$exists\":true}}", view("{\"a\":[]}"))).isFalse();
  }

  @Test
  void jsonForm_numbersAsText_onlyInPlainForm() {
    JsonView view = view("{\"a\":\"10\",\"b\":\"010\",\"c\":\"1e1\",\"d\":\"-0\",\"e\":\"-7\"}");
    assertThat(passes("{\"$.a\":10.0}", view)).isTrue();
    assertThat(passes("{\"$.e\":-7}", view)).isTrue();
    assertThat(passes("{\"$.a\":{\"$gt\":1}}", view)).isFalse();
    assertThat(passes("{\"$.b\":10}", view)).isFalse();
    assertThat(passes("{\"$.c\":10}", view)).isFalse();
    assertThat(passes("{\"$.d\":0}", view)).isFalse();
    assertThat(passes("{\"$.a\":\"10.0\"}", view)).isFalse();
  }

  @Test
  void view_whatIsNotJson_isEmpty() {
    assertThat(JsonView.parse(new byte[0])).isEmpty();
    assertThat(JsonView.parse("{\"a\":1".getBytes(UTF_8))).isEmpty();
    assertThat(JsonView.parse("{} {}".getBytes(UTF_8))).isEmpty();
    assertThat(JsonView.parse(new byte[] {'"', (byte) 0xff, '"'})).isEmpty();
    assertThat(JsonView.parse(nested(64))).isPresent();
    assertThat(JsonView.parse(nested(65))).isEmpty();
    assertThat(JsonView.parse(nested(100_000))).isEmpty();
  }

  private static byte[] nested(int depth) {
    return ("[".repeat(depth) + "]".repeat(depth)).getBytes(UTF_8);
  }

  @Test
  void view_hugeNumbers_equalNothingAndCostNothing() {
    JsonView view =
        view(
            "{\"a\":1e99999999999,\"b\":1e2147483647,\"c\":-1e-2147483647,\"d\":"
                + "9".repeat(5000)
                + "}");
    assertThat(passes("{\"$.a\":{\"$ne\":1},\"$.b\":{\"$gt\":1},\"$.c\":{\"$lt\":0}}", view))
        .isTrue();
    assertThat(passes("{\"$.a\":{\"$gt\":0}}", view)).isFalse();
    assertThat(passes("{\"$.d\":{\"$gt\":0}}", view)).isFalse();
    assertThat(passes("a!=1,b>1,c<0,d!=1", view)).isTrue();
  }

  @Test
  void ofEvent_withoutView_readsPayloadOnlyWithoutSchema() {
    byte[] none = new byte[0];
    byte[] json = "{\"a\":1}".getBytes(UTF_8);
    assertThat(JsonView.ofEvent(json, none, "v2:x")).isPresent();
    assertThat(JsonView.ofEvent(none, json, "")).isPresent();
    assertThat(JsonView.ofEvent(none, json, "v2:x")).isEmpty();
    assertThat(JsonView.ofEvent(none, none, "")).isEmpty();
  }

  private static boolean passes(String filter, JsonView view) {
    return EventFilter.parse(filter).test(view);
  }

  private static JsonView view(String json) {
    return JsonView.parse(json.getBytes(UTF_8)).orElseThrow();
  }
}
