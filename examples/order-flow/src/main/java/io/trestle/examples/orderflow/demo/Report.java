package io.trestle.examples.orderflow.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.examples.orderflow.orders.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What happened, for people. */
final class Report {
  private static final String ROW = "  %-20s %-20s %-8s %6s %8s %8s %8s %8s";
  private static final String STREAM_ROW = "  %-20s %-20s %-8s %7s %8s";
  private static final String COUNT = "  %-52s %6d";

  private final List<String> lines = new ArrayList<>();
  private final Findings findings;

  private Report(Findings findings) {
    this.findings = findings;
  }

  /** The lines of the report. */
  static List<String> lines(Findings findings, List<String> problems) {
    Report report = new Report(findings);
    report.orders();
    report.calls();
    report.refusals();
    report.repeats();
    report.streams();
    report.charges();
    report.policy();
    report.lines.addAll(EventReport.lines(findings.events()));
    report.verdict(problems);
    return List.copyOf(report.lines);
  }

  private void orders() {
    title("Orders");
    for (End end : End.values()) {
      if (end != End.FAILED || findings.ended(end) > 0) {
        count(end.text().replace('_', ' '), findings.ended(end));
      }
    }
    count("ended as they must", findings.right());
    count("all", findings.outcomes().size());
  }

  private void calls() {
    title("Calls answered (ms, as the storefront saw them)");
    add(ROW, "method", "instance", "path", "count", "p50", "p95", "p99", "max");
    for (JsonNode call : findings.stats().path("calls")) {
      add(
          ROW,
          call.path("target").asText(),
          findings.name(call.path("instance").asText()),
          call.path("path").asText(),
          call.path("count").asLong(),
          millis(call, "p50_ms"),
          millis(call, "p95_ms"),
          millis(call, "p99_ms"),
          millis(call, "max_ms"));
    }
  }

  private void refusals() {
    title("Calls answered with a business code");
    counts(findings.stats().path("refusals"));
    title("Calls failed (no answer: whether a handler ran is unknown)");
    counts(findings.stats().path("failures"));
  }

  private void repeats() {
    title("Repeats");
    count("by the SDK, on proof that no handler had run", findings.sdkRepeats());
    count("by the storefront, with the order id", findings.repeats());
    count("  of these charged already, the second refused", findings.chargedBefore());
  }

  private void streams() {
    title("Streams of picking progress");
    add(STREAM_ROW, "method", "instance", "path", "streams", "chunks");
    for (JsonNode stream : findings.stats().path("streams")) {
      add(
          STREAM_ROW,
          stream.path("target").asText(),
          findings.name(stream.path("instance").asText()),
          stream.path("path").asText(),
          stream.path("count").asLong(),
          stream.path("chunks").asLong());
    }
    count("streams that broke; their orders stand", findings.brokenStreams());
  }

  private void charges() {
    Ledger ledger = findings.ledger();
    title("Table charges of database order_flow");
    for (String id : findings.payments()) {
      count("rows by " + findings.name(id), ledger.madeBy(id));
    }
    count("rows", ledger.rows().size());
    count("orders charged twice", ledger.chargedTwice().size());
    count("second charges refused", ledger.refused());
    add("  %-46s %12s", "sum", money(ledger.totalCents()));
  }

  private void policy() {
    RefundTry refund = findings.refund();
    title("Policy: payments accept charge from the storefront, and refund from nobody");
    add("  refund of order %s: HTTP %d", refund.orderId(), refund.status());
    add("  %s", refund.message());
    count("refunds denied", findings.deniedRefunds());
    count("charges refunded", findings.ledger().refunded());
  }

  private void verdict(List<String> problems) {
    lines.add("");
    if (problems.isEmpty()) {
      lines.add("Every order ended as it must, none was charged twice, and none was refunded.");
      lines.add("Every event was handled by each service that wants it, and had its effect once.");
    } else {
      lines.add("Not as it must be:");
      problems.forEach(problem -> lines.add("  " + problem));
    }
  }

  private void title(String title) {
    lines.add("");
    lines.add(title);
  }

  private void counts(JsonNode counts) {
    if (counts.isEmpty()) {
      lines.add("  none");
    }
    for (Map.Entry<String, JsonNode> entry : counts.properties()) {
      count(entry.getKey(), entry.getValue().asLong());
    }
  }

  private void count(String what, long number) {
    add(COUNT, what, number);
  }

  private void add(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values));
  }

  private static String millis(JsonNode call, String field) {
    return String.format(Locale.ROOT, "%.1f", call.path(field).asDouble());
  }

  private static String money(long cents) {
    return String.format(Locale.ROOT, "%d.%02d", cents / 100, cents % 100);
  }
}
