package io.trestle.registry;

import io.trestle.conversations.Policies;
import io.trestle.conversations.Policies.Change;
import io.trestle.conversations.Policies.Replaced;
import io.trestle.conversations.Policies.Shown;
import io.trestle.conversations.Policies.ShownRule;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.web.AdminFailure;
import io.trestle.kernel.web.AdminFailure.Code;
import io.trestle.kernel.web.Web;
import io.trestle.kernel.web.Web.Kind;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code PolicyService} of the admin API, as a translation. */
final class PolicyProcedures {
  private static final String SERVICE = "PolicyService";

  private PolicyProcedures() {}

  /** Adds the procedures. */
  static void mount(Web web, Bus bus) {
    web.procedure(
        SERVICE,
        "Get",
        Kind.READABLE,
        json ->
            bus.request(Policies.SHOW, new Policies.Show(nameOrId(json)))
                .map(PolicyProcedures::json));
    web.procedure(
        SERVICE,
        "Set",
        Kind.MUTATING,
        json -> bus.request(Policies.SET, change(json)).map(PolicyProcedures::json));
  }

  private static Change change(JsonObject json) {
    List<Replaced> replaced = new ArrayList<>();
    Object rules = json.getValue("rules");
    if (rules instanceof JsonObject byAction) {
      for (String action : byAction.fieldNames()) {
        replaced.add(new Replaced(action, texts("rules." + action, byAction.getValue(action))));
      }
    } else if (rules != null) {
      throw invalid("rules", "no object (expected: lists of targets by action)");
    }
    Object capabilities = json.getValue("capabilities");
    return new Change(
        nameOrId(json),
        capabilities == null ? null : texts("capabilities", capabilities),
        replaced);
  }

  private static String nameOrId(JsonObject json) {
    String field = json.containsKey("id") ? "id" : "name";
    if (json.getValue(field) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw invalid(field, "missing (expected: the name or the id of a service)");
  }

  private static List<String> texts(String field, @Nullable Object value) {
    if (!(value instanceof JsonArray array)) {
      throw invalid(field, "no list (expected: a list of texts)");
    }
    List<String> texts = new ArrayList<>();
    for (Object one : array) {
      if (!(one instanceof String text)) {
        throw invalid(field, "no text in the list (expected: a list of texts)");
      }
      texts.add(text);
    }
    return texts;
  }

  private static JsonObject json(Shown shown) {
    JsonArray rules = new JsonArray();
    shown.rules().forEach(rule -> rules.add(json(rule)));
    return new JsonObject()
        .put("id", shown.serviceId().toString())
        .put("name", shown.name())
        .put("status", shown.status())
        .put("capabilities", new JsonArray(shown.capabilities()))
        .put("rules", rules)
        .put("notes", new JsonArray(shown.notes()));
  }

  private static JsonObject json(ShownRule rule) {
    UUID peer = rule.peerServiceId();
    return new JsonObject()
        .put("direction", rule.direction())
        .put("action", rule.action())
        .put("peerServiceId", peer == null ? "" : peer.toString())
        .put("peerServiceName", rule.peerServiceName())
        .put("targetName", rule.targetName());
  }

  private static AdminFailure invalid(String field, String what) {
    return new AdminFailure(Code.INVALID_ARGUMENT, field + ": " + what);
  }
}
