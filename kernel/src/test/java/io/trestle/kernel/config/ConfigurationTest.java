package io.trestle.kernel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
  private static final Path CONF = Path.of("..", "conf");

  private record Module(@Default("3") @Range(min = 1, max = 4) int shards, @Secret String key) {}

  private record Empty(@Default("3") int shards) {}

  private static Configuration parse(String yaml) {
    return Configuration.parse(yaml, "conf/t.yaml", Map.of(), Flags.NONE);
  }

  @Test
  void shippedFile_isEmbeddedWithAllModules() {
    Configuration shipped = Configuration.load(CONF.resolve("trestle.yaml"), Map.of(), Flags.NONE);

    assertThat(shipped.modules()).containsExactly("pki", "registry", "rpc", "events", "traces");
    assertThat(shipped.database())
        .isEqualTo(new DatabaseConfig(DatabaseConfig.Provider.EMBEDDED, null, false));
    assertThat(shipped.gateway()).isEqualTo(new GatewayConfig(List.of()));
  }

  @Test
  void shippedExamples_load() throws IOException {
    try (Stream<Path> examples = Files.list(CONF.resolve("examples"))) {
      assertThat(examples.toList())
          .isNotEmpty()
          .allSatisfy(
              file ->
                  assertThat(Configuration.load(file, Map.of(), Flags.NONE).modules())
                      .isNotEmpty());
    }
  }

  @Test
  void databaseUrl_flagGoesBeforeEnvironmentBeforeFile() {
    String yaml = "database: {provider: url, url: 'postgres://file/d', allow_unsafe: true}";
    Map<String, String> environment = Map.of("SERVICEBRIDGE_PG_URL", "postgres://env/d");
    Flags flags = new Flags("postgres://flag/d", null, Map.of());

    assertThat(parse(yaml).database().url()).isEqualTo("postgres://file/d");
    assertThat(Configuration.parse(yaml, "f", environment, Flags.NONE).database().url())
        .isEqualTo("postgres://env/d");
    assertThat(Configuration.parse(yaml, "f", environment, flags).database())
        .isEqualTo(new DatabaseConfig(DatabaseConfig.Provider.URL, "postgres://flag/d", true));
  }

  @Test
  void databaseUrl_ofEnvironment_replacesTheEmbeddedProvider() {
    Map<String, String> environment = Map.of("SERVICEBRIDGE_PG_URL", "postgres://env/d");

    assertThat(
            Configuration.parse("database: {provider: embedded}", "f", environment, Flags.NONE)
                .database()
                .provider())
        .isEqualTo(DatabaseConfig.Provider.URL);
  }

  @Test
  void environment_otherVariablesAndEmptyOnes_areNotRead() {
    Map<String, String> environment =
        Map.of("SB_PG_URL", "x", "POSTGRES_HOST", "x", "SERVICEBRIDGE_PG_URL", "");

    assertThat(Configuration.parse("", "f", environment, Flags.NONE).database().provider())
        .isEqualTo(DatabaseConfig.Provider.EMBEDDED);
  }

  @Test
  void stateRoot_flagThenVariableThenCheckout() {
    Map<String, String> environment = Map.of("TRESTLE_STATE", "/s/env");
    Flags flags = new Flags(null, Path.of("/s/flag"), Map.of());
    Path checkout = Path.of("/c");

    assertThat(parse("").stateRoot(checkout)).isEqualTo(Path.of("/c/.trestle"));
    assertThat(Configuration.parse("", "f", environment, Flags.NONE).stateRoot(checkout))
        .isEqualTo(Path.of("/s/env"));
    assertThat(Configuration.parse("", "f", environment, flags).stateRoot(checkout))
        .isEqualTo(Path.of("/s/flag"));
  }

  @Test
  @Acceptance("FL-5")
  void unknownKeys_areRefusedByName() {
    assertThatThrownBy(() -> parse("databse: {}"))
        .hasMessage(
            "conf/t.yaml: databse: unknown key (expected: modules, database, gateway; did you mean database?)");
    assertThatThrownBy(() -> parse("database: {pool: 5}"))
        .hasMessage(
            "conf/t.yaml: database.pool: unknown key (expected: provider, url, allow_unsafe)");
    assertThatThrownBy(() -> parse("modules: [pki]"))
        .hasMessage("conf/t.yaml: modules: a list (expected: a map of keys)");
    assertThatThrownBy(() -> parse("modules: {pkk: }").requireInstalled(List.of("pki", "rpc")))
        .hasMessage(
            "conf/t.yaml: modules.pkk: unknown module (expected: pki, rpc; did you mean pki?)");
  }

  @Test
  @Acceptance("FL-5")
  void missingFile_isRefusedByName(@TempDir Path directory) {
    Path file = directory.resolve("none.yaml");

    assertThatThrownBy(() -> Configuration.load(file, Map.of(), Flags.NONE))
        .hasMessage(file + ": no such file (expected: a YAML file)");
  }

  @Test
  @Acceptance("FL-5")
  void module_isMappedAndChecked() {
    assertThat(parse("modules: {m: {key: k}}").module("m", Module.class))
        .isEqualTo(new Module(3, "k"));
    assertThatThrownBy(() -> parse("modules: {m: {shards: 9}}").module("m", Module.class))
        .hasMessage("conf/t.yaml: modules.m.shards: 9 (expected: 1 to 4)");
  }

  @Test
  void module_enabledWithoutKeys_isMappedToItsDefaults() {
    assertThat(parse("modules:\n  a:\n  m: {}").module("a", Empty.class)).isEqualTo(new Empty(3));
    assertThat(parse("").module("not.enabled", Empty.class)).isEqualTo(new Empty(3));
  }

  @Test
  void effective_showsEverythingWithSecretsMasked() {
    Configuration configuration =
        Configuration.parse(
            "{modules: {m: {key: m0dule}}, gateway: {names: [a]}}",
            "f",
            Map.of(
                "SERVICEBRIDGE_PG_URL", "postgres://u:p4ss@h:5432/d",
                "SERVICEBRIDGE_UI_SETUP_TOKEN", "t0ken"),
            new Flags(null, null, Map.of("obsexport.metrics_bearer_token", "b3arer")));

    String shown = configuration.effective(Map.of("m", configuration.module("m", Module.class)));

    assertThat(shown.lines())
        .contains(
            "database.provider: url",
            "database.allow_unsafe: false",
            "gateway.names: [a]",
            "modules.m: enabled",
            "modules.m.shards: 3",
            "modules.m.key: ****",
            "--set obsexport.metrics_bearer_token")
        .anyMatch(line -> line.startsWith("database.url: postgres://u:***@h:5432/d"));
    assertThat(shown).doesNotContain("p4ss", "m0dule", "t0ken", "b3arer");
  }
}
