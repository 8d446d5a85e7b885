package io.trestle.examples.orderflow.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.examples.orderflow.orders.End;
import java.util.List;
import java.util.Map;

/**
 * What is known when all orders have ended.
 *
 * @param outcomes what the storefront answered, one an order
 * @param ledger what the table says of these orders
 * @param stats what the storefront counted
 * @param names of the processes, by instance id
 * @param killed name of the process that was killed
 */
record Findings(
    List<Outcome> outcomes,
    Ledger ledger,
    JsonNode stats,
    Map<String, String> names,
    String killed) {

  long ended(End end) {
    return outcomes.stream().filter(outcome -> outcome.end() == end).count();
  }

  long right() {
    return outcomes.stream().filter(Outcome::isRight).count();
  }

  /** What the customers were told that they paid. */
  long totalCents() {
    return outcomes.stream().mapToLong(Outcome::totalCents).sum();
  }

  /** Orders that went through although the answer of the first charge was lost. */
  long chargedBefore() {
    return outcomes.stream().filter(Outcome::chargedBefore).count();
  }

  /** How often the storefront asked again. */
  long repeats() {
    return outcomes.stream().mapToLong(Outcome::repeats).sum();
  }

  /** Repeats of the SDK, as far as the storefront sees them. */
  long sdkRepeats() {
    return stats.path("sdk_repeats").asLong();
  }

  /** Instance ids of the payments, in the order of their start. */
  List<String> payments() {
    return names.entrySet().stream()
        .filter(process -> process.getValue().startsWith("payments"))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** A process, for people. */
  String name(String instanceId) {
    String name = names.getOrDefault(instanceId, instanceId);
    return name.equals(killed) ? name + " (killed)" : name;
  }
}
