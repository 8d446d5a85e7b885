package io.trestle.kernel.web;

import static io.trestle.kernel.TestFutures.join;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.settings.RuntimeSettings;
import io.trestle.kernel.settings.SettingsCatalog;
import io.trestle.kernel.settings.SettingsStore;
import io.trestle.kernel.state.AdminToken;
import io.trestle.kernel.web.HttpProbe.Reply;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SettingsServiceTest {
  private static final String TABLE =
      "CREATE TABLE runtime_settings (key text PRIMARY KEY, value text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())";

  private final AdminToken token = AdminToken.random();
  private Vertx vertx;
  private Pool pool;
  private PgConnectOptions database;
  private RuntimeSettings settings;
  private HttpProbe probe;
  private int port;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    database =
        TestPostgres.newDatabase(
            TABLE, "INSERT INTO runtime_settings (key, value) VALUES ('plug.in', 'x')");
    pool =
        PgBuilder.pool()
            .with(new PoolOptions().setMaxSize(2))
            .connectingTo(database)
            .using(vertx)
            .build();
    join(new SettingsStore(pool).seed(SettingsCatalog.all()));
    settings =
        new RuntimeSettings(vertx, pool, SettingsCatalog.all(), Map.of(), Duration.ofDays(1));
    join(settings.start());
    WebServer server =
        new WebServer(vertx, new WebOptions(List.of("127.0.0.1"), 0, token, () -> "", () -> true));
    SettingsService.mount(server, settings);
    SystemService.mount(server, "1.2.3", new UUID(1, 2), 7);
    join(server.listen());
    port = server.port();
    probe = new HttpProbe(vertx, port);
  }

  @AfterEach
  void close() {
    join(pool.close());
    join(vertx.close());
  }

  private Reply call(String procedure, JsonObject request) {
    MultiMap headers =
        MultiMap.caseInsensitiveMultiMap()
            .set("authorization", "Bearer " + token.reveal())
            .set("content-type", "application/json");
    return probe.send(
        "127.0.0.1",
        "localhost:" + port,
        HttpMethod.POST,
        "/servicebridge.ui.v1." + procedure,
        headers,
        request.encode());
  }

  private Reply update(String key, Object value) {
    return call(
        "SettingsService/UpdateSettings", new JsonObject().put("key", key).put("value", value));
  }

  @Test
  @Acceptance("CO-43")
  void listSettings_hasEveryKeyAndTheUnknownOnes() {
    JsonArray all =
        call("SettingsService/ListSettings", new JsonObject()).json().getJsonArray("settings");

    assertThat(all).hasSize(SettingsCatalog.all().size() + 1);
    JsonObject last = all.getJsonObject(all.size() - 1);
    assertThat(last.getString("key")).isEqualTo("plug.in");
    assertThat(last.getBoolean("unknown")).isTrue();
  }

  @Test
  void getSetting_hasTheFieldsOfTheSpecification() {
    JsonObject setting =
        call("SettingsService/GetSetting", new JsonObject().put("key", "events.max_attempts"))
            .json()
            .getJsonObject("setting");

    assertThat(setting.getMap())
        .containsEntry("key", "events.max_attempts")
        .containsEntry("value", "5")
        .containsEntry("type", "int")
        .containsEntry("default", "5")
        .containsEntry("min", "1")
        .containsEntry("max", "100")
        .containsEntry("restart", false)
        .containsEntry("unknown", false);
  }

  @Test
  void getSetting_unknownKey_isInvalid() {
    Reply reply = call("SettingsService/GetSetting", new JsonObject().put("key", "no.such"));

    assertThat(reply.code()).isEqualTo("invalid_argument");
    assertThat(reply.text()).contains("no.such");
  }

  @Test
  void updateSettings_liveKey_answersTheSettingAndNoRestart() {
    Reply reply = update("events.max_attempts", "9");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().getJsonObject("setting").getString("value")).isEqualTo("9");
    assertThat(reply.json().getBoolean("restartRequired")).isFalse();
  }

  @Test
  @Acceptance("CO-24")
  void updateSettings_keyThatNeedsARestart_saysSo() {
    assertThat(update("network.ui_port", "15000").json().getBoolean("restartRequired")).isTrue();
  }

  @Test
  @Acceptance("CO-8")
  void updateSettings_outOfRange_isInvalidAndChangesNothing() {
    Reply reply = update("events.max_attempts", "101");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("invalid_argument");
    assertThat(reply.json().getString("message"))
        .isEqualTo("events.max_attempts: 101 (expected: 1 to 100)");
    assertThat(settings.view("events.max_attempts").value()).isEqualTo("5");
  }

  @Test
  void updateSettings_secret_isNeverAnswered() {
    assertThat(update("obsexport.metrics_bearer_token", "hush").text()).doesNotContain("hush");
    assertThat(call("SettingsService/ListSettings", new JsonObject()).text())
        .doesNotContain("hush");
  }

  @Test
  void updateSettings_badRequest_isInvalid() {
    assertThat(update("events.max_attempts", 9).json().getString("message"))
        .isEqualTo("value: not a text (expected: a text)");
    assertThat(call("SettingsService/UpdateSettings", new JsonObject()).code())
        .isEqualTo("invalid_argument");
    assertThat(
            call("SettingsService/ListSettings", new JsonObject().put("x", 1))
                .json()
                .getString("message"))
        .isEqualTo("x: unknown member (expected: none)");
  }

  @Test
  void version_saysWhoThisIs() {
    JsonObject version = call("SystemService/Version", new JsonObject()).json();

    assertThat(version.getString("version")).isEqualTo("1.2.3");
    assertThat(version.getString("kernelId")).isEqualTo(new UUID(1, 2).toString());
    assertThat(version.getString("epoch")).isEqualTo("7");
  }
}
