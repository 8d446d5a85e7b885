package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import io.trestle.kernel.settings.SettingKey;
import io.trestle.kernel.settings.SettingsCatalog;
import io.trestle.protocol.v1.CaptureMode;
import io.trestle.testing.AdminClient;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Runtime settings over the API and by SQL. */
class SettingsWireTest {
  private static final String KEY = "telemetry.payload_max_bytes";

  /** Without polls: a change is heard of by its trigger, or never. */
  @RegisterExtension
  static final TrestleExtension TRESTLE =
      new TrestleExtension(options -> options.withPoll(Duration.ofHours(6)));

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final Sql sql = TRESTLE.kernel().sql();

  @Test
  @Acceptance("CO-42")
  void migrate_requiredModulesAlone_givesEveryKeyItsRowWithTheDefault(@TempDir Path state) {
    String database = TestKernel.newDatabase();
    Configuration required =
        Configuration.parse(
            "modules:\n  pki:\n  registry:\n",
            "required modules",
            Map.of(),
            new Flags(database, state, Map.of()));

    Trestle.migrate(TrestleOptions.of(required, state)).toCompletableFuture().join();

    assertThat(required.modules()).containsExactlyInAnyOrder("pki", "registry");
    assertThat(
            Sql.on(database)
                .column(String.class, "SELECT key || '=' || value FROM runtime_settings"))
        .hasSizeGreaterThan(70)
        .containsAll(
            SettingsCatalog.all().stream().map(k -> k.name() + "=" + k.defaultText()).toList());
  }

  @Test
  @Acceptance("CO-43")
  void update_withAnyBadValueOfAnyKey_isRefusedByName() {
    for (SettingKey<?> key : SettingsCatalog.all()) {
      String before = stored(key.name());
      for (String value : badValues(key)) {
        AdminClient.Reply reply = update(key.name(), value);

        assertThat(reply.status()).as("%s = %s", key, value).isEqualTo(400);
        assertThat(reply.body().getString("code")).isEqualTo("invalid_argument");
        assertThat(reply.body().getString("message")).contains(key.name());
      }
      assertThat(stored(key.name())).as("%s", key).isEqualTo(before);
    }
  }

  private static List<String> badValues(SettingKey<?> key) {
    List<String> bad = new ArrayList<>();
    if (!key.min().isEmpty()) {
      bad.add(String.valueOf(Long.parseLong(key.min()) - 1));
      bad.add(String.valueOf(Long.parseLong(key.max()) + 1));
      bad.addAll(List.of("a number", "1.5", "1e3", "99999999999999999999"));
      if (!key.type().contains("list")) {
        bad.add(" 1"); // the elements of a list may have blanks around them
      }
    } else if (key.type().equals("bool") || key.type().equals("enum")) {
      bad.addAll(List.of("", "maybe", "TRUE", "1"));
    } else if (key.type().equals("url")) {
      bad.addAll(List.of("no url", "ftp://host/", "/path"));
    } else {
      bad.add("x".repeat(SettingKey.MAX_CHARACTERS + 1));
    }
    return bad;
  }

  @Test
  @Acceptance("CO-43")
  void unknownKey_isRefusedByTheApi_andListedWhenWrittenBySql() {
    AdminClient.Reply refused = update("nobody.knows_this", "1");
    sql.update("INSERT INTO runtime_settings (key, value) VALUES ('plugin.some_key', 'kept')");

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body().getString("code")).isEqualTo("invalid_argument");
    assertThat(refused.body().getString("message")).contains("nobody.knows_this");
    assertThat(sql.count("SELECT count(*) FROM runtime_settings WHERE key = 'nobody.knows_this'"))
        .isZero();
    await().until(() -> setting("plugin.some_key").getBoolean("unknown", false));
    assertThat(setting("plugin.some_key").getString("value")).isEqualTo("kept");
  }

  @Test
  @Acceptance({"CO-7", "CO-8"})
  void value_bySql_isInForceAtOnce_unlessItIsBad() {
    WireInstance watcher = WIRE.connected(WIRE.service());
    watcher.register(Declare.nothing()).first();
    write(KEY, "4096");
    await().until(() -> watcher.view().modes().getPayloadMaxBytes() == 4096);

    write(KEY, "0");
    write("rpc.payload_capture", "all");
    await().until(() -> watcher.view().modes().getRpc() == CaptureMode.CAPTURE_MODE_ALL);

    assertThat(watcher.view().modes().getPayloadMaxBytes())
        .as("the last good value stays in force")
        .isEqualTo(4096);
    write(KEY, "8192");
    await().until(() -> watcher.view().modes().getPayloadMaxBytes() == 8192);
  }

  @Test
  @Acceptance("CO-8")
  void value_outOfRangeByTheApi_changesNothing() {
    WireInstance watcher = WIRE.connected(WIRE.service());
    watcher.register(Declare.nothing()).first();
    assertThat(update(KEY, "1000").status()).isEqualTo(200);
    await().until(() -> watcher.view().modes().getPayloadMaxBytes() == 1000);

    AdminClient.Reply refused = update(KEY, "131073");

    assertThat(refused.body().getString("code")).isEqualTo("invalid_argument");
    assertThat(stored(KEY)).isEqualTo("1000");
    assertThat(watcher.view().modes().getPayloadMaxBytes()).isEqualTo(1000);
  }

  private void write(String key, String value) {
    assertThat(sql.update("UPDATE runtime_settings SET value = ? WHERE key = ?", value, key))
        .isEqualTo(1);
  }

  private String stored(String key) {
    return sql.column(String.class, "SELECT value FROM runtime_settings WHERE key = ?", key).get(0);
  }

  private static AdminClient.Reply update(String key, String value) {
    return TRESTLE
        .kernel()
        .admin()
        .call(
            "SettingsService/UpdateSettings", new JsonObject().put("key", key).put("value", value));
  }

  private static JsonObject setting(String key) {
    AdminClient.Reply reply =
        TRESTLE
            .kernel()
            .admin()
            .call("SettingsService/GetSetting", new JsonObject().put("key", key));
    return reply.status() == 200 ? reply.body().getJsonObject("setting") : new JsonObject();
  }
}
