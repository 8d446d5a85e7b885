package io.trestle.examples.orderflow.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Picking;
import java.util.List;
import java.util.Map;

/**
 * What is known when all orders have ended.
 *
 * @param outcomes what the storefront answered, one an order
 * @param ledger what the table says of these orders
 * @param refund what came of asking for one
 * @param stats what the storefront counted
 * @param names of the processes, by instance id
 * @param killed name of the process that was killed
 * @param events what became of them
 */
record Findings(
    List<Outcome> outcomes,
    Ledger ledger,
    RefundTry refund,
    JsonNode stats,
    Map<String, String> names,
    String killed,
    EventFindings events) {

  long ended(End end) {
    return outcomes.stream().filter(outcome -> outcome.end() == end).count();
  }

  long right() {
    return outcomes.stream().filter(Outcome::isRight).count();
  }

  long picked(Picking picking) {
    return outcomes.stream().filter(outcome -> outcome.picking() == picking).count();
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

  /** Streams that the storefront read to their end. */
  long streams() {
    return streams("count");
  }

  /** Their chunks. */
  long chunks() {
    return streams("chunks");
  }

  private long streams(String field) {
    long sum = 0;
    for (JsonNode stream : stats.path("streams")) {
      sum += stream.path(field).asLong();
    }
    return sum;
  }

  /** Streams that broke. */
  long brokenStreams() {
    long sum = 0;
    for (JsonNode count : stats.path("broken_streams")) {
      sum += count.asLong();
    }
    return sum;
  }

  /** Refunds that the storefront asked for and the policy forbade. */
  long deniedRefunds() {
    return stats.path("denials").path("payments/refund").asLong();
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
