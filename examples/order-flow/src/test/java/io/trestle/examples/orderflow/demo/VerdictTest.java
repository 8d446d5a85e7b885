package io.trestle.examples.orderflow.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trestle.examples.orderflow.demo.Ledger.Row;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.Picking;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static final Row CHARGED = new Row("o-1", 500, "i-1", 0, false);

  private RefundTry refund =
      new RefundTry("o-1", 403, "acceptance denied: i-9 may not call refund");

  private final List<Outcome> outcomes =
      new ArrayList<>(
          List.of(
              outcome("o-1", End.COMPLETED, End.COMPLETED, 500),
              outcome("o-2", End.DECLINED, End.DECLINED, 0)));

  @Test
  void problems_allAsItMust_areNone() {
    assertThat(problems(CHARGED)).isEmpty();
  }

  @Test
  void problems_noEndExpected_anyEndButFailedWillDo() {
    outcomes.set(1, outcome("o-2", null, End.OUT_OF_STOCK, 0));
    assertThat(problems(CHARGED)).isEmpty();

    outcomes.set(1, outcome("o-2", null, End.FAILED, 0));
    assertThat(problems(CHARGED))
        .containsExactly("order o-2: failed (expected: any end but failed) because");
  }

  @Test
  void problems_wrongEnds_areNamedUpToAFew() {
    for (int i = 10; i < 17; i++) {
      outcomes.add(outcome("o-" + i, End.COMPLETED, End.OUT_OF_STOCK, 0));
    }

    assertThat(problems(CHARGED))
        .hasSize(6)
        .contains("order o-10: out_of_stock (expected: completed) because")
        .endsWith("... and 2 orders more that ended wrongly");
  }

  @Test
  void problems_chargedTwice_isNamed() {
    assertThat(problems(CHARGED, CHARGED))
        .contains("order o-1: charged twice")
        .contains("charges: 1000 cents in the table (expected: 500, as the customers were told)");
  }

  @Test
  void problems_tableAndAnswersDiffer_areNamed() {
    assertThat(problems()).contains("order o-1: completed, but never charged");
    assertThat(problems(CHARGED, new Row("o-2", 0, "i-1", 0, false)))
        .containsExactly("order o-2: declined, but charged");
  }

  @Test
  void problems_refusalThatTheTableDoesNotKnow_isNamed() {
    outcomes.set(
        0,
        new Outcome(
            outcomes.get(0).order(),
            End.COMPLETED,
            500,
            1,
            true,
            Picking.COMPLETE,
            Optional.empty(),
            "ALREADY_CHARGED: earlier"));

    assertThat(problems(CHARGED))
        .containsExactly(
            "charges: 0 refused in the table (expected: at least 1, as the storefront saw)");
    assertThat(problems(new Row("o-1", 500, "i-1", 1, false))).isEmpty();
  }

  @Test
  void problems_pickingOfACompletedOrder_mustBeSeenOrCountedAsBroken() {
    outcomes.set(0, picked(Picking.NONE));
    assertThat(problems(CHARGED)).containsExactly("order o-1: completed, but never picked");

    outcomes.set(0, picked(Picking.FAILED));
    assertThat(problems(CHARGED))
        .containsExactly("streams broken: 0 (expected: at least 1, as the customers were told)");
  }

  @Test
  void problems_moreSeenThanCounted_areNamed() {
    outcomes.add(outcome("o-3", End.COMPLETED, End.COMPLETED, 100));

    assertThat(problems(CHARGED, new Row("o-3", 100, "i-1", 0, false)))
        .containsExactly(
            "streams complete: 1 (expected: at least 2, as the customers were told)",
            "chunks: 1 (expected: at least 2, as the customers were told)");
  }

  @Test
  void problems_refundThatWasNotRefused_isNamed() {
    refund = new RefundTry("o-1", 200, "");

    assertThat(problems(new Row("o-1", 500, "i-1", 0, true)))
        .containsExactly(
            "refund of order o-1: HTTP 200 (expected: 403, denied by the policy)",
            "charges: 1 refunded in the table (expected: 0)");
  }

  @Test
  void report_figures_areThoseOfTheFindings() throws IOException {
    Findings findings = findings(CHARGED);

    List<String> report = Report.lines(findings, Verdict.problems(findings));

    assertThat(report.stream().map(line -> line.strip().replaceAll(" +", " ")))
        .contains(
            "completed 1",
            "declined 1",
            "ended as they must 2",
            "payments/charge payments-1 (killed) direct 3 1.5 2.0 2.0 2.1",
            "payments/charge CARD_DECLINED 4",
            "by the SDK, on proof that no handler had run 2",
            "rows by payments-1 (killed) 1",
            "rows by payments-2 0",
            "orders charged twice 0",
            "inventory/pick inventory direct 1 1",
            "streams that broke; their orders stand 0",
            "refund of order o-1: HTTP 403",
            "acceptance denied: i-9 may not call refund",
            "refunds denied 1",
            "charges refunded 0",
            "sum 5.00",
            "committed 2",
            "sent from the outbox to the runtime 2",
            "audit order.* 2 0 0 0.0 0.0 0.0",
            "shipping order.placed, total from 40.00 0 1 0 0.0 0.0 0.0",
            "Every order ended as it must, none was charged twice, and none was refunded.",
            "Every event was handled by each service that wants it, and had its effect once.")
        .doesNotContain("failed 0");
  }

  @Test
  void report_problems_areListedInsteadOfPraise() throws IOException {
    assertThat(Report.lines(findings(), List.of("order o-1: lost")))
        .endsWith("Not as it must be:", "  order o-1: lost");
  }

  @Test
  void json_figures_areThoseOfTheFindings() throws IOException {
    JsonNode json = ReportJson.of(findings(CHARGED), List.of());

    assertThat(json.path("orders").toString())
        .isEqualTo(
            "{\"all\":2,\"ended_as_they_must\":2,\"completed\":1,\"out_of_stock\":0,"
                + "\"declined\":1,\"failed\":0}");
    assertThat(json.path("calls").path(0).path("process").asText())
        .isEqualTo("payments-1 (killed)");
    assertThat(json.path("charges").toString())
        .isEqualTo(
            "{\"rows\":1,\"charged_twice\":0,\"refused\":0,\"total_cents\":500,"
                + "\"by_process\":{\"payments-1 (killed)\":1,\"payments-2\":0}}");
    assertThat(json.path("streams").path("ways").path(0).path("process").asText())
        .isEqualTo("inventory");
    assertThat(json.path("refund").toString())
        .isEqualTo(
            "{\"order\":\"o-1\",\"status\":403,"
                + "\"message\":\"acceptance denied: i-9 may not call refund\","
                + "\"denied\":1,\"charges_refunded\":0}");
    assertThat(json.has("code")).isFalse();
  }

  @Test
  void json_problems_makeItAnError() throws IOException {
    JsonNode json = ReportJson.of(findings(), List.of("order o-1: lost"));

    assertThat(json.path("code").asText()).isEqualTo("aborted");
    assertThat(json.path("message").asText()).isEqualTo("not as it must be: order o-1: lost");
    assertThat(json.path("problems").path(0).asText()).isEqualTo("order o-1: lost");
  }

  private Outcome picked(Picking picking) {
    return new Outcome(
        outcomes.get(0).order(),
        End.COMPLETED,
        500,
        0,
        false,
        picking,
        Optional.empty(),
        "because");
  }

  private List<String> problems(Row... rows) {
    try {
      return Verdict.problems(findings(rows));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Findings findings(Row... rows) throws IOException {
    JsonNode stats =
        new ObjectMapper()
            .readTree(
                """
                {"calls":[{"target":"payments/charge","instance":"i-1","path":"direct","count":3,
                  "p50_ms":1.52,"p95_ms":2.0,"p99_ms":2.0,"max_ms":2.1}],
                 "streams":[{"target":"inventory/pick","instance":"i-3","path":"direct","count":1,
                  "chunks":1}],"broken_streams":{},"denials":{"payments/refund":1},
                 "refusals":{"payments/charge CARD_DECLINED":4},"failures":{},
                 "sdk_repeats":2,"application_repeats":1}""");
    Map<String, String> names = new LinkedHashMap<>();
    names.put("i-1", "payments-1");
    names.put("i-2", "payments-2");
    names.put("i-3", "inventory");
    return new Findings(
        outcomes,
        new Ledger(List.of(rows)),
        refund,
        stats,
        names,
        "payments-1",
        EventSamples.allAsItMust(outcomes));
  }

  private static Outcome outcome(String id, @Nullable End expected, End end, long cents) {
    Order order =
        new Order(
            id, "Ada", "tok-1", List.of(new Order.Item("mug", 1)), Optional.ofNullable(expected));
    Picking picking = end == End.COMPLETED ? Picking.COMPLETE : Picking.NONE;
    return new Outcome(order, end, cents, 0, false, picking, Optional.empty(), "because");
  }
}
