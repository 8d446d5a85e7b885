package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.trestle.Fuzz;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventName;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.FilterException;
import io.trestle.protocol.events.JsonView;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Texts that strangers send: names, filters, keys, traces and addresses. */
class NamesFuzzTest {
  private static final String ID = "0197a0b1-2c3d-7e4f-8a5b-6c7d8e9f0a1b";

  private static final List<String> NAMES =
      List.of("order.placed", "order.*.#", "#", "Place", "*", "a".repeat(255), "a.".repeat(31));

  @Property(tries = Fuzz.TRIES)
  void names_areTakenOrRefused(@ForAll Random random) {
    Fuzz.texts(random, NAMES, NamesFuzzTest::name);
  }

  private static void name(String input) {
    if (NameRules.isName(input)) {
      assertThat(NameRules.check("method", input)).isEqualTo(input);
    } else {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NameRules.check("method", input))
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(250).doesNotContain("\n"));
    }
    if (EventName.isValid(input)) {
      assertThat(input.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(1, EventName.MAX_BYTES);
      assertThat(EventPattern.problem(input)).isNull();
      assertThat(EventPattern.parse(input).matches(input)).isTrue();
    } else {
      assertThat(EventName.problem(input)).isNotBlank();
    }
  }

  private static final List<String> FILTERS =
      List.of(
          "{\"$.total\":{\"$gt\":100},\"$.currency\":\"EUR\"}",
          "{\"$.items[0].sku\":{\"$in\":[\"a\",1,null,true,1e400]}}",
          "{\"$.a\":{\"$exists\":false},\"$['b c']\":{\"$ne\":-0.0}}",
          "{}",
          "total>=100,currency=EUR,name!=\"a, b\"",
          "a.b.c<1e9999999",
          "");
  private static final List<JsonView> VIEWS =
      List.of(
          view("{\"total\":101,\"currency\":\"EUR\",\"items\":[{\"sku\":\"a\"}]}"),
          view("{\"a\":{\"b\":{\"c\":1e9999999}},\"b c\":null}"));

  private static JsonView view(String json) {
    return JsonView.parse(json.getBytes(StandardCharsets.UTF_8)).orElseThrow();
  }

  @Property(tries = Fuzz.TRIES)
  void filters_areTakenAndTested_orRefused(@ForAll Random random) {
    Fuzz.texts(
        random,
        FILTERS,
        input -> {
          try {
            EventFilter filter = EventFilter.parse(input);
            assertThat(filter).isEqualTo(EventFilter.parse(input));
            VIEWS.forEach(view -> assertThat(filter.test(view)).isEqualTo(filter.test(view)));
          } catch (FilterException e) {
            assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(1_000);
          }
        });
  }

  private static final List<byte[]> PAYLOADS =
      List.of(
          "{\"a\":[1,-2.50e-3,1e400,{\"b\":null}],\"a\":\"\\u00e9\"}"
              .getBytes(StandardCharsets.UTF_8),
          "[".repeat(64).getBytes(StandardCharsets.UTF_8),
          "\"text\"".getBytes(StandardCharsets.UTF_8));

  @Property(tries = Fuzz.TRIES)
  void payloads_haveAView_orNone(@ForAll Random random) {
    Fuzz.bytes(
        random,
        PAYLOADS,
        input ->
            assertThat(JsonView.parse(input).map(JsonView::canonical))
                .isEqualTo(JsonView.parse(input).map(JsonView::canonical)));
  }

  private static final List<String> TRACES =
      List.of(ID + "-" + ID, ID.toUpperCase(Locale.ROOT) + "-" + ID, ID, "-");

  @Property(tries = Fuzz.TRIES)
  void traces_areReadOrAbsent(@ForAll Random random) {
    Fuzz.texts(
        random,
        TRACES,
        input -> {
          Optional<TraceContext> trace = TraceContext.parse(input);
          trace.ifPresent(
              t -> {
                assertThat(t.format()).isEqualTo(input.toLowerCase(Locale.ROOT));
                assertThat(TraceContext.parse(t.format())).contains(t);
              });
        });
  }

  private static final List<String> ADDRESSES =
      List.of(
          "127.0.0.1:14445",
          "[::1]:1",
          "[::ffff:1.2.3.4]:65535",
          "a-b.c_d:80",
          SpiffeId.runtime().uri(),
          SpiffeId.service(ID, ID).uri());

  @Property(tries = Fuzz.TRIES)
  void addressesAndIdentities_areReadOrEmpty(@ForAll Random random) {
    Fuzz.texts(
        random,
        ADDRESSES,
        input -> {
          HostPort.parse(input)
              .ifPresent(at -> assertThat(HostPort.parse(at.toString())).contains(at));
          SpiffeId.parse(input).ifPresent(id -> assertThat(id.uri()).isEqualTo(input));
        });
  }
}
