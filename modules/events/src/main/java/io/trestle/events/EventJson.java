package io.trestle.events;

import io.trestle.conversations.EventAdmin.Accepted;
import io.trestle.conversations.EventAdmin.Consumer;
import io.trestle.conversations.EventAdmin.Lag;
import io.trestle.conversations.EventAdmin.Letter;
import io.trestle.conversations.EventAdmin.Live;
import io.trestle.conversations.EventAdmin.Shown;
import io.trestle.conversations.EventAdmin.Skipped;
import io.trestle.conversations.EventAdmin.Stream;
import io.trestle.conversations.EventAdmin.Subscription;
import io.trestle.conversations.EventTokens.Token;
import io.trestle.conversations.Events.Event;
import io.trestle.protocol.events.JsonView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** How {@code EventsService} shows things. */
final class EventJson {
  private EventJson() {}

  static <T> JsonObject list(String member, List<T> values, Function<T, JsonObject> json) {
    return new JsonObject().put(member, array(values, json));
  }

  private static <T> JsonArray array(List<T> values, Function<T, JsonObject> json) {
    JsonArray array = new JsonArray();
    values.forEach(value -> array.add(json.apply(value)));
    return array;
  }

  static JsonObject consumer(Consumer c) {
    return new JsonObject()
        .put("serviceId", c.serviceId().toString())
        .put("service", c.service())
        .put("group", c.group())
        .put("subscriptions", array(c.subscriptions(), EventJson::subscription))
        .put("instances", array(c.instances(), EventJson::live));
  }

  private static JsonObject subscription(Subscription s) {
    return new JsonObject()
        .put("pattern", s.pattern())
        .put("filter", s.filter())
        .put("effective", s.effective());
  }

  private static JsonObject live(Live i) {
    return new JsonObject()
        .put("instanceId", i.instanceId().toString())
        .put("session", i.session())
        .put("stream", i.stream())
        .put("draining", i.draining())
        .put("patterns", new JsonArray(i.patterns()));
  }

  /** Without age and offline time when there is none. */
  static JsonObject lag(Lag l) {
    JsonObject json =
        new JsonObject()
            .put("serviceId", l.serviceId().toString())
            .put("service", l.service())
            .put("group", l.group())
            .put("position", l.position())
            .put("head", l.head())
            .put("pending", l.pending())
            .put("inFlight", l.inFlight())
            .put("deadLetters", l.deadLetters())
            .put("streams", array(l.streams(), EventJson::stream));
    if (l.oldestMillis() >= 0) {
      json.put("oldestPendingSeconds", l.oldestMillis() / 1000.0);
    }
    if (l.offlineSinceMillis() > 0) {
      json.put("offlineSinceUnixMs", l.offlineSinceMillis());
    }
    return json;
  }

  private static JsonObject stream(Stream s) {
    return new JsonObject()
        .put("instanceId", s.instanceId().toString())
        .put("maxInFlight", s.maxInFlight())
        .put("unanswered", s.unanswered());
  }

  static JsonObject letter(Letter l) {
    return new JsonObject()
        .put("id", l.id().toString())
        .put("eventId", l.eventId().toString())
        .put("eventName", l.eventName())
        .put("serviceId", l.serviceId().toString())
        .put("service", l.service())
        .put("group", l.group())
        .put("partitionKey", l.partitionKey())
        .put("reason", l.reason())
        .put("lastError", l.lastError())
        .put("totalAttempts", l.totalAttempts())
        .put("replayCount", l.replayCount())
        .put("deadAtUnixMs", l.deadAtMillis());
  }

  static JsonObject shown(Shown s) {
    JsonObject json =
        letter(s.letter())
            .put("publisherId", s.publisherId().toString())
            .put("publisher", s.publisher())
            .put("publisherInstanceId", s.publisherInstanceId().toString())
            .put("contractHash", s.contractHash())
            .put("idempotencyKey", s.idempotencyKey())
            .put("headers", headers(s.headers()))
            .put("occurredAtUnixMs", s.occurredAtMillis())
            .put("acceptedAtUnixMs", s.acceptedAtMillis())
            .put("trace", s.trace());
    return payload(json, s.payload());
  }

  static JsonObject skipped(Skipped s) {
    return new JsonObject()
        .put("id", s.id().toString())
        .put("eventName", s.eventName())
        .put("service", s.service())
        .put("reason", s.reason());
  }

  static JsonObject accepted(Accepted a) {
    Event e = a.event();
    JsonObject json =
        new JsonObject()
            .put("eventId", e.id())
            .put("eventName", e.name())
            .put("serviceId", a.serviceId().toString())
            .put("service", a.service())
            .put("position", a.position())
            .put("consumers", a.consumers())
            .put("partitionKey", e.partitionKey())
            .put("idempotencyKey", e.idempotencyKey())
            .put("contractHash", e.contractHash())
            .put("headers", headers(e.headers()))
            .put("occurredAtUnixMs", e.occurredAtMillis())
            .put("acceptedAtUnixMs", a.acceptedAtMillis());
    return payload(json, e.payloadJson().length > 0 ? e.payloadJson() : e.payload());
  }

  static JsonObject token(Token t) {
    return new JsonObject()
        .put("id", t.id().toString())
        .put("serviceId", t.serviceId().toString())
        .put("service", t.service())
        .put("scope", t.scope().text())
        .put("createdAtUnixMs", t.createdAtMillis());
  }

  private static JsonObject headers(Map<String, String> headers) {
    JsonObject json = new JsonObject();
    headers.forEach(json::put);
    return json;
  }

  /** As its text when it is JSON, so that not a digit is lost; else as base64. */
  private static JsonObject payload(JsonObject json, byte[] payload) {
    return JsonView.parse(payload).isPresent()
        ? json.put("payloadJson", new String(payload, StandardCharsets.UTF_8))
        : json.put("payloadBase64", Base64.getEncoder().encodeToString(payload));
  }
}
