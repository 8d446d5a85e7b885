package io.trestle.conformance.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.sdk.EventContext;
import java.time.Duration;

/** What a handler of events does. */
@FunctionalInterface
interface Reception {
  /** Returns to acknowledge the event, and throws otherwise. */
  void take(EventContext context) throws Exception;

  /** The behaviour of a configuration: a name, or an object of one member. */
  static Reception of(JsonNode node) {
    if (node.has("reject")) {
      String reason = node.get("reject").asText();
      return context -> {
        throw context.reject(reason);
      };
    }
    if (node.has("retryMs")) {
      Duration pause = Duration.ofMillis(node.get("retryMs").asLong());
      return context -> {
        if (context.attempt() == 1) {
          throw context.retry(pause);
        }
      };
    }
    if (node.asText().equals("ack")) {
      return context -> {};
    }
    throw new IllegalArgumentException(
        "behaviour: " + node + " (expected: ack, reject or retryMs)");
  }
}
