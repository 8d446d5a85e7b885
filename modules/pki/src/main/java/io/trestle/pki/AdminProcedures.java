package io.trestle.pki;

import io.trestle.conversations.Conversation;
import io.trestle.conversations.Services;
import io.trestle.conversations.Services.Service;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.web.AdminFailure;
import io.trestle.kernel.web.AdminFailure.Code;
import io.trestle.kernel.web.Web;
import io.trestle.kernel.web.Web.Kind;
import io.trestle.protocol.UuidText;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/**
 * {@code ServiceService} and {@code RegistryService.RevokeInstance} of the admin API, as
 * translations.
 */
final class AdminProcedures {
  private static final String SERVICES = "ServiceService";

  private final Web web;
  private final Bus bus;

  private AdminProcedures(Web web, Bus bus) {
    this.web = web;
    this.bus = bus;
  }

  /** Adds the procedures. */
  static void mount(Web web, Bus bus) {
    AdminProcedures procedures = new AdminProcedures(web, bus);
    procedures.mountServices();
    procedures.mountKeys();
    procedures.add(
        "RegistryService",
        "RevokeInstance",
        Kind.MUTATING,
        Services.REVOKE_INSTANCE,
        json -> new Services.RevokeInstance(uuid(json, "instanceId")),
        answer ->
            new JsonObject()
                .put("instanceId", answer.instanceId().toString())
                .put("serviceId", answer.serviceId().toString()));
  }

  private void mountServices() {
    add(
        SERVICES,
        "Create",
        Kind.MUTATING,
        Services.CREATE,
        json -> new Services.Create(text(json, "name")),
        answer -> json(answer.service()).put("apiKey", answer.bootstrapKey()));
    add(
        SERVICES,
        "List",
        Kind.READABLE,
        Services.LIST,
        json -> new Services.ListServices(),
        answer ->
            new JsonObject().put("services", array(answer.services(), AdminProcedures::json)));
    add(
        SERVICES,
        "Revoke",
        Kind.MUTATING,
        Services.REVOKE,
        json -> new Services.Revoke(nameOrId(json)),
        AdminProcedures::json);
    add(
        SERVICES,
        "Activate",
        Kind.MUTATING,
        Services.ACTIVATE,
        json -> new Services.Activate(uuid(json, "id")),
        AdminProcedures::json);
  }

  private void mountKeys() {
    add(
        SERVICES,
        "AddKey",
        Kind.MUTATING,
        Services.ADD_KEY,
        json -> new Services.AddKey(nameOrId(json)),
        answer -> json(answer.key()).put("apiKey", answer.bootstrapKey()));
    add(
        SERVICES,
        "ListKeys",
        Kind.READABLE,
        Services.LIST_KEYS,
        json -> new Services.ListKeys(nameOrId(json)),
        answer -> new JsonObject().put("keys", array(answer.keys(), AdminProcedures::json)));
    add(
        SERVICES,
        "RevokeKey",
        Kind.MUTATING,
        Services.REVOKE_KEY,
        json -> new Services.RevokeKey(text(json, "keyId")),
        AdminProcedures::json);
  }

  private <Q extends Record, A extends Record> void add(
      String service,
      String procedure,
      Kind kind,
      Conversation<Q, A> conversation,
      Function<JsonObject, Q> question,
      Function<A, JsonObject> answer) {
    web.procedure(
        service,
        procedure,
        kind,
        json -> bus.request(conversation, question.apply(json)).map(answer));
  }

  private static JsonObject json(Service service) {
    return new JsonObject()
        .put("id", service.id().toString())
        .put("name", service.name())
        .put("status", service.status())
        .put("createdAt", service.createdAt().toString());
  }

  private static JsonObject json(Services.Key key) {
    return new JsonObject()
        .put("keyId", key.keyId())
        .put("serviceId", key.serviceId().toString())
        .put("createdAt", key.createdAt().toString())
        .put("revoked", key.revoked());
  }

  private static <T> JsonArray array(List<T> values, Function<T, JsonObject> json) {
    JsonArray array = new JsonArray();
    values.forEach(value -> array.add(json.apply(value)));
    return array;
  }

  private static String nameOrId(JsonObject json) {
    return json.containsKey("id") ? text(json, "id") : text(json, "name");
  }

  private static UUID uuid(JsonObject json, String field) {
    return UuidText.parse(text(json, field))
        .map(UUID::fromString)
        .orElseThrow(() -> invalid(field, "no UUID (expected: 36 characters)"));
  }

  private static String text(JsonObject json, String field) {
    Object value = json.getValue(field);
    if (value instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw invalid(field, value == null ? "missing (expected: a text)" : "no text");
  }

  private static AdminFailure invalid(String field, String what) {
    return new AdminFailure(Code.INVALID_ARGUMENT, field + ": " + what);
  }
}
