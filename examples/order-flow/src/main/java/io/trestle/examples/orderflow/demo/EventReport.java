package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.demo.EventFindings.Latency;
import io.trestle.examples.orderflow.shipping.Shipping;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What became of the events, for people. */
final class EventReport {
  private static final String ROW = "  %-9s %-32s %8s %8s %8s %8s %8s %8s";
  private static final String COUNT = "  %-52s %6d";

  private final List<String> lines = new ArrayList<>();
  private final EventFindings findings;

  private EventReport(EventFindings findings) {
    this.findings = findings;
  }

  /** Some lines of the report. */
  static List<String> lines(EventFindings findings) {
    EventReport report = new EventReport(findings);
    report.published();
    report.consumed();
    report.dead();
    return List.copyOf(report.lines);
  }

  private void published() {
    title(
        "Events of the storefront, each committed with its order in database order_flow_storefront");
    count("committed", findings.tables().orders().size());
    count("sent from the outbox to the runtime", findings.sent());
    count("waiting in the outbox", findings.pending());
    count("refused by the runtime", findings.failed());
  }

  private void consumed() {
    title("Events handled (ms from the commit at the storefront to the consumer's table)");
    add(ROW, "consumer", "wants", "events", "filtered", "retried", "p50", "p99", "max");
    row(
        "audit",
        "order.*",
        findings.tables().entries().size(),
        0,
        findings.auditRepeats(),
        findings.auditLatency());
    row(
        "shipping",
        "order.placed, total from " + money(Shipping.PARCEL_FROM_CENTS),
        findings.tables().arrivals().size(),
        findings.filtered(),
        findings.shippingRepeats(),
        findings.shippingLatency());
  }

  private void row(
      String consumer, String wants, long events, long filtered, long repeats, Latency latency) {
    add(
        ROW,
        consumer,
        wants,
        events,
        filtered,
        repeats,
        millis(latency, 0.5),
        millis(latency, 0.99),
        millis(latency, 1));
  }

  private void dead() {
    DeadLetters letters = findings.letters();
    title(
        "Dead letters of shipping, whose address book had no page %s at first"
            .formatted(Shipping.MISSING_PAGE));
    count("dead letters", letters.found().size());
    count("replayed when the page was there", letters.replayed());
    count("dead again", letters.left().size());
    count("parcels, with those of the replayed", findings.tables().parcels().size());
  }

  private void title(String title) {
    lines.add("");
    lines.add(title);
  }

  private void count(String what, long number) {
    add(COUNT, what, number);
  }

  private void add(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values));
  }

  private static String millis(Latency latency, double part) {
    return String.format(Locale.ROOT, "%.1f", latency.percentileMillis(part));
  }

  private static String money(long cents) {
    return String.format(Locale.ROOT, "%d.%02d", cents / 100, cents % 100);
  }
}
