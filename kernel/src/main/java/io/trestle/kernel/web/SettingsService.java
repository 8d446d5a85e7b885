package io.trestle.kernel.web;

import io.trestle.kernel.settings.SettingView;
import io.trestle.kernel.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** The procedures of {@code SettingsService}. */
public final class SettingsService {
  private static final String NAME = "SettingsService";

  private final Settings settings;

  private SettingsService(Settings settings) {
    this.settings = settings;
  }

  /** Adds the procedures. */
  public static void mount(Web web, Settings settings) {
    SettingsService service = new SettingsService(settings);
    web.procedure(NAME, "ListSettings", Web.Kind.READABLE, service::list);
    web.procedure(NAME, "GetSetting", Web.Kind.READABLE, service::get);
    web.procedure(NAME, "UpdateSettings", Web.Kind.MUTATING, service::update);
  }

  private Future<JsonObject> list(JsonObject request) {
    AdminRequest.of(request);
    JsonArray all = new JsonArray();
    settings.list().forEach(view -> all.add(json(view)));
    return Future.succeededFuture(new JsonObject().put("settings", all));
  }

  private Future<JsonObject> get(JsonObject request) {
    String key = AdminRequest.of(request, "key").text("key");
    return Future.succeededFuture(new JsonObject().put("setting", json(settings.view(key))));
  }

  private Future<JsonObject> update(JsonObject request) {
    AdminRequest members = AdminRequest.of(request, "key", "value");
    return settings
        .update(members.text("key"), members.text("value"))
        .map(
            view ->
                new JsonObject()
                    .put("setting", json(view))
                    .put("restartRequired", view.restartPending()));
  }

  private static JsonObject json(SettingView view) {
    return new JsonObject()
        .put("key", view.key())
        .put("value", view.value())
        .put("type", view.type())
        .put("default", view.defaultValue())
        .put("min", view.min())
        .put("max", view.max())
        .put("restart", view.restart())
        .put("restartPending", view.restartPending())
        .put("unknown", view.unknown())
        .put("inForce", view.inForce())
        .put("overridden", view.overridden())
        .put("allowed", view.allowed());
  }
}
