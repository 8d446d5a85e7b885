package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Picking;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether all went as it must: every order ended as the file says, what the customers were told is
 * what the table says, order by order and cent by cent, every charged order was watched being
 * picked, the refund that the policy forbids was refused, and of the events {@link EventVerdict}
 * finds nothing wrong.
 */
final class Verdict {
  private static final int SHOWN = 5;

  private final List<String> problems = new ArrayList<>();

  private Verdict() {}

  /** Judges; no problem means that all is well. */
  static List<String> problems(Findings findings) {
    Verdict verdict = new Verdict();
    verdict.judgeEnds(findings);
    verdict.judgeCharges(findings);
    verdict.judgeStreams(findings);
    verdict.judgeRefund(findings);
    verdict.problems.addAll(EventVerdict.problems(findings.events()));
    return List.copyOf(verdict.problems);
  }

  private void judgeEnds(Findings findings) {
    List<Outcome> wrong =
        findings.outcomes().stream().filter(outcome -> !outcome.isRight()).toList();
    wrong.stream().limit(SHOWN).forEach(outcome -> problems.add(wrongEnd(outcome)));
    if (wrong.size() > SHOWN) {
      problems.add("... and " + (wrong.size() - SHOWN) + " orders more that ended wrongly");
    }
  }

  private static String wrongEnd(Outcome outcome) {
    String expected = outcome.order().expected().map(End::text).orElse("any end but failed");
    return "order %s: %s (expected: %s) %s"
        .formatted(outcome.order().id(), outcome.end().text(), expected, outcome.reason())
        .strip();
  }

  private void judgeCharges(Findings findings) {
    Ledger ledger = findings.ledger();
    ledger.chargedTwice().forEach(id -> problems.add("order " + id + ": charged twice"));
    Set<String> charged =
        ledger.rows().stream().map(Ledger.Row::orderId).collect(Collectors.toSet());
    for (Outcome outcome : findings.outcomes()) {
      boolean completed = outcome.end() == End.COMPLETED;
      if (completed != charged.contains(outcome.order().id())) {
        problems.add(
            "order %s: %s, but %s"
                .formatted(
                    outcome.order().id(),
                    outcome.end().text(),
                    completed ? "never charged" : "charged"));
      }
    }
    if (ledger.totalCents() != findings.totalCents()) {
      problems.add(
          "charges: %d cents in the table (expected: %d, as the customers were told)"
              .formatted(ledger.totalCents(), findings.totalCents()));
    }
    if (ledger.refused() < findings.chargedBefore()) {
      problems.add(
          "charges: %d refused in the table (expected: at least %d, as the storefront saw)"
              .formatted(ledger.refused(), findings.chargedBefore()));
    }
  }

  /** The storefront may have had other customers beside the demo, so its counts may be larger. */
  private void judgeStreams(Findings findings) {
    for (Outcome outcome : findings.outcomes()) {
      if (outcome.end() == End.COMPLETED && outcome.picking() == Picking.NONE) {
        problems.add("order %s: completed, but never picked".formatted(outcome.order().id()));
      }
    }
    atLeast("streams complete", findings.streams(), findings.picked(Picking.COMPLETE));
    atLeast("streams broken", findings.brokenStreams(), findings.picked(Picking.FAILED));
    atLeast("chunks", findings.chunks(), articles(findings));
  }

  /** Of the orders whose picking was seen to its end. */
  private static long articles(Findings findings) {
    return findings.outcomes().stream()
        .filter(outcome -> outcome.picking() == Picking.COMPLETE)
        .mapToLong(outcome -> outcome.order().items().size())
        .sum();
  }

  private void atLeast(String what, long counted, long told) {
    if (counted < told) {
      problems.add(
          "%s: %d (expected: at least %d, as the customers were told)"
              .formatted(what, counted, told));
    }
  }

  private void judgeRefund(Findings findings) {
    RefundTry refund = findings.refund();
    if (!refund.isRefused()) {
      problems.add(
          "refund of order %s: HTTP %d (expected: 403, denied by the policy) %s"
              .formatted(refund.orderId(), refund.status(), refund.message())
              .strip());
    }
    if (findings.deniedRefunds() == 0) {
      problems.add("refund: the storefront counted no denied call (expected: at least 1)");
    }
    if (findings.ledger().refunded() > 0) {
      problems.add(
          "charges: %d refunded in the table (expected: 0)"
              .formatted(findings.ledger().refunded()));
    }
  }
}
