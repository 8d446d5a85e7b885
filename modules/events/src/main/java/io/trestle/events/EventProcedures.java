package io.trestle.events;

import io.trestle.conversations.EventAdmin;
import io.trestle.conversations.EventAdmin.Choice;
import io.trestle.conversations.EventAdmin.Outcome;
import io.trestle.conversations.EventAdmin.PublishAs;
import io.trestle.conversations.EventAdmin.Select;
import io.trestle.conversations.EventTokens;
import io.trestle.conversations.EventTokens.Scope;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.web.AdminRequest;
import io.trestle.kernel.web.Web;
import io.trestle.kernel.web.Web.Kind;
import io.trestle.protocol.UuidText;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** {@code EventsService} of the admin API, as a translation. */
final class EventProcedures {
  private static final String SERVICE = "EventsService";

  private final Bus bus;

  private EventProcedures(Bus bus) {
    this.bus = bus;
  }

  /** Adds the procedures. */
  static void mount(Web web, Bus bus) {
    EventProcedures own = new EventProcedures(bus);
    web.procedure(SERVICE, "ListSubscriptions", Kind.READABLE, own::subscriptions);
    web.procedure(SERVICE, "Lag", Kind.READABLE, own::lag);
    web.procedure(SERVICE, "ListDeadLetters", Kind.READABLE, own::letters);
    web.procedure(SERVICE, "GetDeadLetter", Kind.READABLE, own::letter);
    web.procedure(SERVICE, "ReplayDeadLetters", Kind.MUTATING, own::replay);
    web.procedure(SERVICE, "DropDeadLetters", Kind.MUTATING, own::drop);
    web.procedure(SERVICE, "Publish", Kind.MUTATING, own::publish);
    web.procedure(SERVICE, "Tail", Kind.READABLE, own::tail);
    web.procedure(SERVICE, "CreateToken", Kind.MUTATING, own::createToken);
    web.procedure(SERVICE, "ListTokens", Kind.READABLE, own::tokens);
    web.procedure(SERVICE, "RevokeTokens", Kind.MUTATING, own::revokeTokens);
  }

  private Future<JsonObject> subscriptions(JsonObject json) {
    String service = AdminRequest.of(json, "service").optionalText("service").orElse("");
    return bus.request(EventAdmin.CONSUMERS, new EventAdmin.OfService(service))
        .map(all -> EventJson.list("consumers", all.consumers(), EventJson::consumer));
  }

  private Future<JsonObject> lag(JsonObject json) {
    String service = AdminRequest.of(json, "service").optionalText("service").orElse("");
    return bus.request(EventAdmin.LAG, new EventAdmin.AskLag(service))
        .map(all -> EventJson.list("consumers", all.consumers(), EventJson::lag));
  }

  private Future<JsonObject> letters(JsonObject json) {
    AdminRequest q = AdminRequest.of(json, "service", "name", "reason", "limit", "cursor");
    EventAdmin.ListLetters question =
        new EventAdmin.ListLetters(choice(q), limit(json), q.optionalText("cursor").orElse(""));
    return bus.request(EventAdmin.LETTERS, question)
        .map(
            page ->
                EventJson.list("deadLetters", page.letters(), EventJson::letter)
                    .put("nextCursor", page.nextCursor()));
  }

  private Future<JsonObject> letter(JsonObject json) {
    AdminRequest q = AdminRequest.of(json, "id", "service");
    EventAdmin.ShowLetter question =
        new EventAdmin.ShowLetter(uuid("id", q.text("id")), q.optionalText("service").orElse(""));
    return bus.request(EventAdmin.LETTER, question)
        .map(shown -> new JsonObject().put("deadLetter", EventJson.shown(shown)));
  }

  private Future<JsonObject> replay(JsonObject json) {
    return bus.request(EventAdmin.REPLAY, select(json)).map(done -> outcome("replayed", done));
  }

  private Future<JsonObject> drop(JsonObject json) {
    return bus.request(EventAdmin.DROP, select(json)).map(done -> outcome("dropped", done));
  }

  private static JsonObject outcome(String what, Outcome outcome) {
    return EventJson.list("skipped", outcome.skipped(), EventJson::skipped)
        .put(what, outcome.done())
        .put("nextCursor", outcome.nextCursor());
  }

  private Future<JsonObject> publish(JsonObject json) {
    AdminRequest q =
        AdminRequest.of(json, "service", "name", "payloadJson", "key", "idempotencyKey", "headers");
    PublishAs question =
        new PublishAs(
            q.text("service"),
            q.text("name"),
            q.optionalText("payloadJson").orElse("{}").getBytes(StandardCharsets.UTF_8),
            q.optionalText("key").orElse(""),
            q.optionalText("idempotencyKey").orElse(""),
            headers(json));
    return bus.request(EventAdmin.PUBLISH_AS, question)
        .map(
            done ->
                new JsonObject()
                    .put("eventId", done.eventId().toString())
                    .put("duplicate", done.duplicate()));
  }

  private Future<JsonObject> tail(JsonObject json) {
    AdminRequest q = AdminRequest.of(json, "watch", "pattern", "filter", "waitMs");
    String watch = q.optionalText("watch").orElse("");
    EventAdmin.Watch question =
        new EventAdmin.Watch(
            watch,
            watch.isEmpty() ? q.text("pattern") : "",
            q.optionalText("filter").orElse(""),
            number(json, "waitMs", 10_000, 20_000));
    return bus.request(EventAdmin.WATCH, question)
        .map(
            seen ->
                EventJson.list("events", seen.events(), EventJson::accepted)
                    .put("watch", seen.watch())
                    .put("dropped", seen.dropped()));
  }

  private Future<JsonObject> createToken(JsonObject json) {
    AdminRequest q = AdminRequest.of(json, "service", "scope");
    EventTokens.Create question =
        new EventTokens.Create(q.text("service"), scope(q.optionalText("scope")));
    return bus.request(EventTokens.CREATE, question)
        .map(done -> EventJson.token(done.made()).put("token", done.token()));
  }

  private Future<JsonObject> tokens(JsonObject json) {
    String service = AdminRequest.of(json, "service").optionalText("service").orElse("");
    return bus.request(EventTokens.LIST, new EventTokens.ListTokens(service))
        .map(all -> EventJson.list("tokens", all.tokens(), EventJson::token));
  }

  private Future<JsonObject> revokeTokens(JsonObject json) {
    AdminRequest q = AdminRequest.of(json, "service", "id");
    EventTokens.Revoke question =
        new EventTokens.Revoke(q.text("service"), q.optionalText("id").orElse(""));
    return bus.request(EventTokens.REVOKE, question)
        .map(gone -> EventJson.list("revoked", gone.tokens(), EventJson::token));
  }

  // ---- members

  private static Choice choice(AdminRequest q) {
    return new Choice(
        q.optionalText("service").orElse(""),
        q.optionalText("name").orElse(""),
        q.optionalText("reason").orElse(""));
  }

  private static Select select(JsonObject json) {
    AdminRequest q =
        AdminRequest.of(json, "ids", "service", "name", "reason", "all", "limit", "cursor");
    return new Select(
        ids(json), choice(q), flag(json, "all"), limit(json), q.optionalText("cursor").orElse(""));
  }

  private static List<UUID> ids(JsonObject json) {
    Object value = json.getValue("ids");
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof JsonArray array)) {
      throw AdminRequest.invalid("ids: no list (expected: a list of ids)");
    }
    List<UUID> ids = new ArrayList<>();
    for (Object one : array) {
      ids.add(uuid("ids", String.valueOf(one)));
    }
    return ids;
  }

  /** Publishing shows the holder nothing, so that is what a token is for unless more is said. */
  private static Scope scope(Optional<String> text) {
    return text.isEmpty()
        ? Scope.PUBLISH
        : Scope.find(text.get())
            .orElseThrow(
                () ->
                    AdminRequest.invalid(
                        "scope: "
                            + ConsumerDesk.clip(text.get())
                            + " (expected: publish, subscribe or both)"));
  }

  private static UUID uuid(String member, String text) {
    return UUID.fromString(
        UuidText.parse(text)
            .orElseThrow(
                () ->
                    AdminRequest.invalid(
                        member + ": " + ConsumerDesk.clip(text) + " (expected: a UUID)")));
  }

  private static int limit(JsonObject json) {
    return number(json, "limit", 0, EventAdmin.MAX_LETTERS);
  }

  private static int number(JsonObject json, String member, int missing, int max) {
    Object value = json.getValue(member);
    if (value == null) {
      return missing;
    }
    if (value instanceof Integer number && number >= 0 && number <= max) {
      return number;
    }
    throw AdminRequest.invalid(
        member + ": " + ConsumerDesk.clip(String.valueOf(value)) + " (expected: 0 to " + max + ")");
  }

  private static boolean flag(JsonObject json, String member) {
    Object value = json.getValue(member);
    if (value == null || value instanceof Boolean) {
      return Boolean.TRUE.equals(value);
    }
    throw AdminRequest.invalid(member + ": not true or false (expected: true or false)");
  }

  private static Map<String, String> headers(JsonObject json) {
    Object value = json.getValue("headers");
    Map<String, String> headers = new LinkedHashMap<>();
    if (value instanceof JsonObject object) {
      for (String name : object.fieldNames()) {
        if (!(object.getValue(name) instanceof String text)) {
          throw AdminRequest.invalid(
              "headers." + ConsumerDesk.clip(name) + ": not a text (expected: a text)");
        }
        headers.put(name, text);
      }
    } else if (value != null) {
      throw AdminRequest.invalid("headers: no object (expected: texts by name)");
    }
    return headers;
  }
}
