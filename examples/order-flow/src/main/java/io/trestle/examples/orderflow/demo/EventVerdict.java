package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.demo.EventTables.Entry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether no event was lost and none had an effect too many: each order has one row in the book of
 * the storefront and one entry of the audit that says the same; shipping was given the orders that
 * its filter wants and no others, and made one parcel of each; and those that had to die, and no
 * others, were dead letters, until they were replayed.
 */
final class EventVerdict {
  private static final int SHOWN = 5;

  private final List<String> problems = new ArrayList<>();
  private final EventFindings findings;

  private EventVerdict(EventFindings findings) {
    this.findings = findings;
  }

  /** Judges; no problem means that all is well. */
  static List<String> problems(EventFindings findings) {
    EventVerdict verdict = new EventVerdict(findings);
    verdict.judgeOutbox();
    verdict.judgeAudit();
    verdict.judgeShipping();
    verdict.judgeLetters();
    return List.copyOf(verdict.problems);
  }

  private void judgeOutbox() {
    exactly(
        "in the storefront's book",
        findings.tables().orders().stream().map(row -> row.orderId() + " " + row.ending()),
        ends());
    none("events waiting in the outbox", findings.pending());
    none("events that the runtime did not take", findings.failed());
  }

  private void judgeAudit() {
    exactly(
        "in the audit",
        findings.tables().entries().stream().map(entry -> entry.orderId() + " " + entry.ending()),
        ends());
    for (Entry entry : findings.tables().entries()) {
      String name = entry.ending().equals("completed") ? "order.placed" : "order.refused";
      if (!entry.eventName().equals(name)) {
        problems.add(
            "order %s: %s in an event %s (expected: %s)"
                .formatted(entry.orderId(), entry.ending(), entry.eventName(), name));
      }
    }
  }

  private void judgeShipping() {
    exactly(
        "delivered to shipping",
        findings.tables().arrivals().stream().map(EventTables.Arrival::orderId),
        findings.worthAParcel());
    exactly(
        "packed by shipping",
        findings.tables().parcels().stream().map(EventTables.Parcel::orderId),
        findings.worthAParcel());
  }

  private void judgeLetters() {
    DeadLetters letters = findings.letters();
    exactly(
        "among the dead letters of shipping", letters.orders().stream(), findings.withoutAddress());
    if (letters.replayed() < letters.found().size()) {
      problems.add(
          "dead letters: %d replayed (expected: %d)"
              .formatted(letters.replayed(), letters.found().size()));
    }
    exactly("dead after the replay", letters.left().stream(), List.of());
  }

  /** What the customers were told, order by order. */
  private List<String> ends() {
    return findings.known().stream()
        .map(outcome -> outcome.order().id() + " " + outcome.end().text())
        .toList();
  }

  private void none(String what, long number) {
    if (number > 0) {
      problems.add("%s: %d (expected: 0)".formatted(what, number));
    }
  }

  /** Once each, and nothing else. */
  private void exactly(String where, Stream<String> found, Collection<String> expected) {
    Set<String> missing = new LinkedHashSet<>(expected);
    List<String> wrong = new ArrayList<>();
    for (String one : found.sorted().toList()) {
      if (!missing.remove(one)) {
        wrong.add("order " + one + (expected.contains(one) ? ": twice " : ": wrongly ") + where);
      }
    }
    missing.forEach(one -> wrong.add("order " + one + ": not " + where));
    wrong.stream().limit(SHOWN).forEach(problems::add);
    if (wrong.size() > SHOWN) {
      problems.add("... and %d orders more %s".formatted(wrong.size() - SHOWN, where));
    }
  }
}
