package io.trestle.conformance.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.HandlerException;
import java.util.Map;

/** What a handler does. */
@FunctionalInterface
interface Behaviour {
  /** Answers. */
  Map<String, Object> answer(Map<String, Object> request, CallContext context) throws Exception;

  /** The behaviour of a configuration: a name, or an object of one member. */
  static Behaviour of(JsonNode node) {
    if (node.has("sleepMs")) {
      long millis = node.get("sleepMs").asLong();
      return (request, context) -> sleep(millis, request);
    }
    if (node.has("fail")) {
      JsonNode fail = node.get("fail");
      return (request, context) -> {
        throw new HandlerException(fail.get("code").asText(), fail.get("message").asText());
      };
    }
    return switch (node.asText()) {
      case "echo" -> (request, context) -> text(request);
      case "info" -> (request, context) -> info(context);
      case "throw" ->
          (request, context) -> {
            throw new IllegalStateException("thrown as told");
          };
      default ->
          throw new IllegalArgumentException(
              "behaviour: " + node + " (expected: echo, info, sleepMs, fail, throw or stream)");
    };
  }

  private static Map<String, Object> sleep(long millis, Map<String, Object> request)
      throws InterruptedException {
    Thread.sleep(millis);
    return text(request);
  }

  private static Map<String, Object> text(Map<String, Object> request) {
    return Map.of("text", request.getOrDefault("text", ""));
  }

  private static Map<String, Object> info(CallContext context) {
    return Map.of(
        "callerServiceId", context.caller().serviceId(),
        "remainingMs", context.remaining().map(left -> left.toMillis()).orElse(-1L),
        "idempotencyKey", context.idempotencyKey());
  }
}
