package io.trestle.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.HttpSubscriptions.Definition;
import io.trestle.conversations.HttpSubscriptions.Subscription;
import io.trestle.events.HttpTalk.HttpProblem;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.FilterException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The JSON of subscriptions over HTTP. What is unknown, missing or out of bounds is refused. */
final class PullJson {
  static final int DEFAULT_IN_FLIGHT = 100;
  static final int MAX_IN_FLIGHT = 1_024;
  static final int MAX_ANSWERS = 1_000;
  private static final int MAX_PATTERNS = 32;
  private static final long MIN_LEASE = 1_000;
  private static final long MAX_LEASE = 3_600_000;
  private static final int MAX_ATTEMPTS = 100;
  private static final int MAX_PAUSES = 20;
  private static final long DAY = 86_400_000;
  private static final int ERROR_CHARS = 4_096;
  private static final UUID NOBODY = new UUID(0, 0);

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private PullJson() {}

  /** One answer to a delivery, with its token as it came. */
  record Told(String token, Answer answer) {}

  // ---- definitions

  static Definition definition(byte[] body) {
    JsonNode json =
        object(
            body, Set.of("patterns", "filter", "maxInFlight", "leaseMs", "maxAttempts", "retryMs"));
    return new Definition(
        patterns(json),
        filter(json.get("filter")),
        (int) number(json, "maxInFlight", DEFAULT_IN_FLIGHT, 1, MAX_IN_FLIGHT),
        number(json, "leaseMs", 0, MIN_LEASE, MAX_LEASE),
        (int) number(json, "maxAttempts", 0, 1, MAX_ATTEMPTS),
        pauses(json.get("retryMs")));
  }

  private static List<String> patterns(JsonNode json) {
    Set<String> patterns = new LinkedHashSet<>();
    for (JsonNode one : list(json.get("patterns"), "patterns", 1, MAX_PATTERNS)) {
      String pattern = one.isTextual() ? one.asText() : "";
      String problem = EventPattern.problem(pattern);
      if (problem != null) {
        throw bad("patterns: " + ConsumerDesk.clip(one.asText()) + ": " + problem);
      }
      if (!patterns.add(pattern)) {
        throw bad("patterns: " + pattern + " twice (expected: each once)");
      }
    }
    return List.copyOf(patterns);
  }

  /** As text: that of a JSON object, or the older form. */
  private static String filter(@Nullable JsonNode filter) {
    if (filter == null || filter.isNull()) {
      return "";
    }
    if (!filter.isObject() && !filter.isTextual()) {
      throw bad("filter: no object (expected: a JSON object or a text)");
    }
    String text = filter.isObject() ? filter.toString() : filter.asText();
    try {
      return EventFilter.parse(text).equals(EventFilter.passAll()) ? "" : text;
    } catch (FilterException e) {
      throw bad("filter: " + e.getMessage());
    }
  }

  private static List<Long> pauses(@Nullable JsonNode pauses) {
    List<Long> millis = new ArrayList<>();
    if (pauses != null) {
      for (JsonNode one : list(pauses, "retryMs", 1, MAX_PAUSES)) {
        millis.add(number(one, "retryMs", 0, DAY));
      }
    }
    return List.copyOf(millis);
  }

  static JsonObject shown(Subscription subscription) {
    Definition d = subscription.definition();
    JsonObject json =
        new JsonObject()
            .put("name", subscription.name())
            .put("patterns", new JsonArray(d.patterns()));
    if (!d.filter().isEmpty()) {
      json.put("filter", d.filter().startsWith("{") ? new JsonObject(d.filter()) : d.filter());
    }
    json.put("maxInFlight", d.maxInFlight());
    if (d.leaseMillis() > 0) {
      json.put("leaseMs", d.leaseMillis());
    }
    if (d.maxAttempts() > 0) {
      json.put("maxAttempts", d.maxAttempts());
    }
    if (!d.retryMillis().isEmpty()) {
      json.put("retryMs", new JsonArray(d.retryMillis()));
    }
    return json.put("pending", subscription.pending())
        .put("inFlight", subscription.inFlight())
        .put("deadLetters", subscription.deadLetters());
  }

  // ---- answers

  /** The token of a delivery: which it is, and which of its hand-outs. */
  static String token(UUID delivery, String lease) {
    return delivery + "." + lease;
  }

  static List<Told> answers(byte[] body) {
    JsonNode json = object(body, Set.of("ack", "retry", "reject"));
    List<Told> told = new ArrayList<>();
    for (JsonNode one : optionalList(json, "ack")) {
      if (!one.isTextual()) {
        throw bad("ack: no text (expected: a list of tokens)");
      }
      told.add(told(one.asText(), "", -1, Kind.ACK));
    }
    for (JsonNode one : optionalList(json, "retry")) {
      requireMembers(one, "retry", Set.of("token", "delayMs", "reason"));
      long delay = one.has("delayMs") ? number(one.get("delayMs"), "delayMs", 0, DAY) : -1;
      told.add(told(text(one, "token"), reason(one), delay, Kind.RETRY));
    }
    for (JsonNode one : optionalList(json, "reject")) {
      requireMembers(one, "reject", Set.of("token", "reason"));
      told.add(told(text(one, "token"), reason(one), -1, Kind.REJECT));
    }
    if (told.isEmpty() || told.size() > MAX_ANSWERS) {
      throw bad("answers: " + told.size() + " (expected: 1 to " + MAX_ANSWERS + ")");
    }
    return told;
  }

  private enum Kind {
    ACK,
    RETRY,
    REJECT
  }

  private static Told told(String token, String reason, long delay, Kind kind) {
    int dot = token.indexOf('.');
    UUID delivery =
        dot < 0
            ? NOBODY
            : UuidText.parse(token.substring(0, dot)).map(UUID::fromString).orElse(NOBODY);
    String lease = token.substring(dot + 1);
    return new Told(
        token,
        kind == Kind.ACK
            ? new Events.Ack(delivery, lease)
            : new Events.Nack(delivery, lease, reason, delay, kind == Kind.REJECT));
  }

  /** PostgreSQL takes no U+0000 in a text. */
  private static String reason(JsonNode one) {
    JsonNode reason = one.get("reason");
    if (reason == null) {
      return "";
    }
    String text = text(one, "reason");
    String cut = text.length() <= ERROR_CHARS ? text : text.substring(0, ERROR_CHARS);
    return cut.replace('\0', '\uFFFD');
  }

  // ---- members

  private static JsonNode object(byte[] body, Set<String> known) {
    JsonNode json;
    try {
      json = MAPPER.readTree(body);
    } catch (IOException e) {
      throw bad("body: no JSON (expected: a JSON object in UTF-8, no name twice)");
    }
    requireMembers(json, "body", known);
    return json;
  }

  private static void requireMembers(JsonNode json, String what, Set<String> known) {
    if (!json.isObject()) {
      throw bad(what + ": no object (expected: a JSON object)");
    }
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw bad(
                    ConsumerDesk.clip(name)
                        + ": unknown (expected: "
                        + String.join(", ", known.stream().sorted().toList())
                        + ")");
              }
            });
  }

  private static String text(JsonNode json, String name) {
    JsonNode value = json.get(name);
    if (value == null || !value.isTextual()) {
      throw bad(name + ": no text (expected: a text)");
    }
    return value.asText();
  }

  private static JsonNode optionalList(JsonNode json, String name) {
    JsonNode value = json.get(name);
    return value == null ? MAPPER.createArrayNode() : list(value, name, 0, MAX_ANSWERS);
  }

  private static JsonNode list(@Nullable JsonNode value, String name, int least, int most) {
    if (value == null || !value.isArray()) {
      throw bad(name + ": no list (expected: a list)");
    }
    if (value.size() < least || value.size() > most) {
      throw bad(name + ": " + value.size() + " (expected: " + least + " to " + most + ")");
    }
    return value;
  }

  private static long number(JsonNode json, String name, long absent, long least, long most) {
    JsonNode value = json.get(name);
    return value == null ? absent : number(value, name, least, most);
  }

  private static long number(JsonNode value, String name, long least, long most) {
    boolean whole = value.isIntegralNumber() && value.canConvertToLong();
    if (!whole || value.asLong() < least || value.asLong() > most) {
      throw bad(
          name
              + ": "
              + ConsumerDesk.clip(value.asText())
              + " (expected: "
              + least
              + " to "
              + most
              + ")");
    }
    return value.asLong();
  }

  private static HttpProblem bad(String message) {
    return new HttpProblem(400, message);
  }
}
