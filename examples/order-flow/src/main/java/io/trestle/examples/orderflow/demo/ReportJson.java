package io.trestle.examples.orderflow.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trestle.examples.orderflow.orders.End;
import java.util.List;

/** What happened, for programs: the figures of {@link Report}. */
final class ReportJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ReportJson() {}

  /** One value; with problems it is an error, with {@code code} and {@code message}. */
  static ObjectNode of(Findings findings, List<String> problems) {
    ObjectNode tree = problems.isEmpty() ? MAPPER.createObjectNode() : error(problems);
    tree.set("orders", orders(findings));
    tree.set("calls", ways(findings, "calls"));
    tree.set("refusals", findings.stats().path("refusals"));
    tree.set("failures", findings.stats().path("failures"));
    tree.putObject("repeats")
        .put("sdk", findings.sdkRepeats())
        .put("storefront", findings.repeats())
        .put("charged_already", findings.chargedBefore());
    tree.set("streams", streams(findings));
    tree.set("charges", charges(findings));
    tree.set("refund", refund(findings));
    tree.set("events", events(findings.events()));
    problems.forEach(tree.putArray("problems")::add);
    return tree;
  }

  /** An error without figures. */
  static ObjectNode error(String code, String message) {
    return MAPPER.createObjectNode().put("code", code).put("message", message);
  }

  private static ObjectNode error(List<String> problems) {
    return error("aborted", "not as it must be: " + String.join("; ", problems));
  }

  private static ObjectNode orders(Findings findings) {
    ObjectNode tree = MAPPER.createObjectNode().put("all", findings.outcomes().size());
    tree.put("ended_as_they_must", findings.right());
    for (End end : End.values()) {
      tree.put(end.text(), findings.ended(end));
    }
    return tree;
  }

  private static ArrayNode ways(Findings findings, String counted) {
    ArrayNode ways = MAPPER.createArrayNode();
    for (JsonNode way : findings.stats().path(counted)) {
      ObjectNode copy = way.deepCopy();
      ways.add(copy.put("process", findings.name(way.path("instance").asText())));
    }
    return ways;
  }

  private static ObjectNode streams(Findings findings) {
    ObjectNode tree = MAPPER.createObjectNode();
    tree.put("complete", findings.streams()).put("chunks", findings.chunks());
    tree.set("broken", findings.stats().path("broken_streams"));
    tree.set("ways", ways(findings, "streams"));
    return tree;
  }

  private static ObjectNode refund(Findings findings) {
    RefundTry refund = findings.refund();
    return MAPPER
        .createObjectNode()
        .put("order", refund.orderId())
        .put("status", refund.status())
        .put("message", refund.message())
        .put("denied", findings.deniedRefunds())
        .put("charges_refunded", findings.ledger().refunded());
  }

  private static ObjectNode events(EventFindings events) {
    ObjectNode tree =
        MAPPER
            .createObjectNode()
            .put("committed", events.tables().orders().size())
            .put("sent", events.sent())
            .put("waiting", events.pending())
            .put("refused", events.failed());
    ObjectNode consumers = tree.putObject("consumers");
    consumers.set(
        "audit",
        consumer(events.tables().entries().size(), events.auditRepeats(), events.auditLatency()));
    consumers.set(
        "shipping",
        consumer(
                events.tables().arrivals().size(),
                events.shippingRepeats(),
                events.shippingLatency())
            .put("filtered", events.filtered())
            .put("parcels", events.tables().parcels().size()));
    tree.putObject("dead_letters")
        .put("found", events.letters().found().size())
        .put("replayed", events.letters().replayed())
        .put("dead_again", events.letters().left().size());
    return tree;
  }

  private static ObjectNode consumer(long events, long repeats, EventFindings.Latency latency) {
    return MAPPER
        .createObjectNode()
        .put("events", events)
        .put("retried", repeats)
        .put("p50_ms", latency.percentileMillis(0.5))
        .put("p99_ms", latency.percentileMillis(0.99))
        .put("max_ms", latency.percentileMillis(1));
  }

  private static ObjectNode charges(Findings findings) {
    Ledger ledger = findings.ledger();
    ObjectNode tree =
        MAPPER
            .createObjectNode()
            .put("rows", ledger.rows().size())
            .put("charged_twice", ledger.chargedTwice().size())
            .put("refused", ledger.refused())
            .put("total_cents", ledger.totalCents());
    ObjectNode byProcess = tree.putObject("by_process");
    findings.payments().forEach(id -> byProcess.put(findings.name(id), ledger.madeBy(id)));
    return tree;
  }
}
