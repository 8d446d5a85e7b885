package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.orders.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether all went as it must: every order ended as the file says, and what the customers were told
 * is what the table says, order by order and cent by cent.
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
}
