package io.trestle.examples.orderflow.storefront;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.examples.orderflow.v1.Served;
import org.junit.jupiter.api.Test;

class CallBookTest {
  private final CallBook book = new CallBook();

  @Test
  void json_answers_areByMethodInstanceAndPath() {
    for (int i = 1; i <= 100; i++) {
      book.answered("payments/charge", served("a", false), false, i * 1_000_000L);
    }
    book.answered("payments/charge", served("a", true), true, 7_000_000);
    book.answered("payments/charge", served("b", false), false, 9_000_000);

    JsonNode calls = book.json().path("calls");

    assertThat(calls).hasSize(3);
    assertThat(calls.get(0).toString())
        .isEqualTo(
            "{\"target\":\"payments/charge\",\"instance\":\"a\",\"path\":\"direct\",\"count\":100,"
                + "\"p50_ms\":50.0,\"p95_ms\":95.0,\"p99_ms\":99.0,\"max_ms\":100.0}");
    assertThat(calls.get(1).path("path").asText()).isEqualTo("proxied");
    assertThat(book.json().path("sdk_repeats").asLong()).isEqualTo(1);
  }

  @Test
  void json_refusalsFailuresAndRepeats_areCounted() {
    book.refused("payments/charge", "CARD_DECLINED");
    book.refused("payments/charge", "CARD_DECLINED");
    book.failed("payments/charge", "CONNECTION");
    book.repeated();

    assertThat(book.json().toString())
        .isEqualTo(
            "{\"calls\":[],\"streams\":[],\"broken_streams\":{},\"denials\":{},\"refusals\":{\"payments/charge CARD_DECLINED\":2},"
                + "\"failures\":{\"payments/charge CONNECTION\":1},"
                + "\"sdk_repeats\":0,\"application_repeats\":1}");
  }

  @Test
  void json_streams_areByWayWithTheirChunks() {
    book.streamed("inventory/pick", served("a", false), 2);
    book.streamed("inventory/pick", served("a", false), 3);
    book.streamed("inventory/pick", served("a", true), 1);
    book.broken("inventory/pick", "CONNECTION");

    assertThat(book.json().path("streams").toString())
        .isEqualTo(
            "[{\"target\":\"inventory/pick\",\"instance\":\"a\",\"path\":\"direct\",\"count\":2,"
                + "\"chunks\":5},{\"target\":\"inventory/pick\",\"instance\":\"a\","
                + "\"path\":\"proxied\",\"count\":1,\"chunks\":1}]");
    assertThat(book.json().path("broken_streams").path("inventory/pick CONNECTION").asLong())
        .isEqualTo(1);
  }

  @Test
  void json_denials_areNoFailures() {
    book.denied("payments/refund");

    assertThat(book.json().path("denials").path("payments/refund").asLong()).isEqualTo(1);
    assertThat(book.json().path("failures")).isEmpty();
  }

  @Test
  void percentile_moreThanAreKept_isOfTheLast() {
    Latencies latencies = new Latencies();
    for (int i = 0; i < 10_000; i++) {
      latencies.add(1);
    }
    for (int i = 0; i < 10_000; i++) {
      latencies.add(2_000_000);
    }

    assertThat(latencies.percentileMillis(0.01)).isEqualTo(2);
    assertThat(latencies.count()).isEqualTo(20_000);
    assertThat(new Latencies().percentileMillis(0.5)).isZero();
  }

  private static Served served(String instance, boolean proxied) {
    return Served.newBuilder().setInstanceId(instance).setProxied(proxied).build();
  }
}
