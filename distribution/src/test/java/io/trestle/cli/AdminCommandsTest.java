package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.Acceptance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands against one running kernel. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdminCommandsTest {
  private static final String NOBODY = "00000000-0000-7000-8000-000000000000";

  private final TestDatabase database = TestDatabase.migrated();
  private final Path state;
  private final Path empty;
  private SourceKernel kernel;

  AdminCommandsTest(@TempDir Path state, @TempDir Path empty) {
    this.state = state;
    this.empty = empty;
    this.kernel = SourceKernel.start(state, database);
  }

  @BeforeAll
  void ready() {
    assertThat(kernel.trestle().http()).isNotEmpty();
  }

  @AfterAll
  void stop() {
    kernel.close();
  }

  private JsonNode json(int exit, String... args) {
    String[] full = new String[args.length + 2];
    full[0] = "-o";
    full[1] = "json";
    System.arraycopy(args, 0, full, 2, args.length);
    CliRun run = kernel.cli(full);
    assertThat(run.exit()).as(run.toString()).isEqualTo(exit);
    return run.json();
  }

  @Test
  @Acceptance("WI-65")
  void serviceCreate_json_hasTheKeyAsScriptsCutIt() {
    CliRun run = kernel.cli("service", "create", "cut", "-o", "json");

    assertThat(run.exit()).isZero();
    assertThat(run.out()).containsPattern("\"api_key\": \"sb\\.[A-Za-z0-9_-]+\"");
    assertThat(database.value("SELECT status FROM services WHERE name = 'cut'"))
        .isEqualTo("active");
  }

  @Test
  @Acceptance("FL-30")
  void everyCommand_json_printsOneValue() {
    JsonNode made = json(0, "service", "create", "every");
    String id = made.path("id").asText();
    assertThat(json(0, "service", "list").path("services").toString()).contains(id);
    JsonNode key = json(0, "service", "key", "add", "every");
    assertThat(key.path("api_key").asText()).startsWith("sb.");
    assertThat(json(0, "service", "key", "list", "every").path("keys")).hasSize(2);
    String keyId = key.path("key_id").asText();
    assertThat(json(0, "service", "key", "revoke", keyId).path("revoked").asBoolean()).isTrue();
    assertThat(json(0, "service", "revoke", "every").path("status").asText()).isEqualTo("revoked");
    assertThat(json(0, "service", "activate", "every").path("id").asText()).isEqualTo(id);
    assertThat(json(0, "instances").path("instances")).isEmpty();
    assertThat(json(0, "instances", "list").path("instances")).isEmpty();
    assertThat(json(0, "settings", "list").path("settings").size()).isGreaterThan(50);
    assertThat(json(0, "settings").path("settings").size()).isGreaterThan(50);
    assertThat(json(0, "settings", "get", "jobs.max_per_service").path("value").asText())
        .isEqualTo("100");
    assertThat(json(0, "settings", "set", "jobs.max_per_service", "101").has("restart_required"))
        .isTrue();
    assertThat(json(0, "policy", "show", "every").path("rules")).isEmpty();
    assertThat(json(0, "policy", "set", "every", "--allow-call", "every/m").path("rules"))
        .hasSize(1);
    assertThat(json(0, "events", "subscriptions").path("consumers")).isEmpty();
    assertThat(json(0, "events", "lag", "every").path("consumers")).isEmpty();
    assertThat(json(0, "events", "dlq", "list").path("dead_letters")).isEmpty();
    assertThat(json(0, "events", "dlq", "replay", "--all").path("replayed").asInt()).isZero();
    assertThat(json(0, "events", "dlq", "drop", "--all").path("dropped").asInt()).isZero();
    JsonNode token = json(0, "events", "token", "create", "every");
    assertThat(token.path("token").asText()).startsWith("sbev_");
    assertThat(token.path("scope").asText()).isEqualTo("publish");
    assertThat(json(0, "events", "token", "list").path("tokens")).hasSize(1);
    assertThat(kernel.cli("events", "token", "list").out())
        .startsWith("SERVICE  SCOPE    ID")
        .contains("every    publish  " + token.path("id").asText());
    assertThat(
            json(0, "events", "token", "revoke", "every", token.path("id").asText())
                .path("revoked"))
        .hasSize(1);
    assertThat(json(0, "events", "token", "list", "every").path("tokens")).isEmpty();
    assertThat(json(1, "events", "dlq", "drop", NOBODY).path("skipped")).hasSize(1);
    assertThat(
            json(0, "events", "publish", "a.b", "--service", "every", "--header", "k=v=w")
                .path("event_id")
                .asText())
        .isNotEmpty();
    assertThat(json(0, "version").path("kernel").path("kernel_id").asText()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1, not_found, service revoke nobody",
    "1, not_found, service activate nobody",
    "1, not_found, service key add nobody",
    "1, not_found, service key list nobody",
    "1, invalid_argument, service key revoke nothing",
    "1, not_found, instances revoke " + NOBODY,
    "1, invalid_argument, instances revoke nothing",
    "1, invalid_argument, service create bad/name\u0007",
    "1, invalid_argument, settings get no.such.key",
    "1, invalid_argument, settings set jobs.max_per_service 0",
    "1, not_found, policy show nobody",
    "1, not_found, policy set nobody --cap rpc.call",
    "2, invalid_argument, policy set nobody",
    "2, invalid_argument, policy set nobody --file x",
    "1, invalid_argument, policy set nobody --cap rpc.fly",
    "1, invalid_argument, policy set nobody --allow-call create",
    "1, invalid_argument, policy set nobody --allow-caller */bad/name",
    "1, invalid_argument, policy set nobody --allow-publish a..b",
    "1, invalid_argument, policy set nobody --allow-subscribe Orders",
    "1, not_found, events subscriptions nobody",
    "1, not_found, events lag nobody",
    "1, invalid_argument, events tail a..b",
    "1, invalid_argument, events tail a --filter {",
    "2, invalid_argument, events tail a --count -1",
    "1, not_found, events publish a.b --service nobody",
    "2, invalid_argument, events publish a.b",
    "2, invalid_argument, events publish a.b --service x --data {",
    "2, invalid_argument, events publish a.b --service x --data @/nowhere.json",
    "2, invalid_argument, events publish a.b --service x --header x",
    "1, not_found, events dlq list --service nobody",
    "1, invalid_argument, events dlq list --reason bored",
    "1, invalid_argument, events dlq list --name Orders",
    "1, invalid_argument, events dlq list --cursor x",
    "2, invalid_argument, events dlq list --limit 0",
    "1, not_found, events dlq show " + NOBODY,
    "1, invalid_argument, events dlq show nothing",
    "2, invalid_argument, events dlq replay",
    "1, not_found, events token create nobody",
    "1, invalid_argument, events token create nobody --scope read",
    "1, not_found, events token list nobody",
    "1, not_found, events token revoke nobody",
    "2, invalid_argument, events dlq drop",
    "1, invalid_argument, events dlq drop nothing",
    "2, invalid_argument, settings get",
    "2, invalid_argument, service",
    "2, invalid_argument, fly",
    "2, invalid_argument, service list --colour",
    "2, invalid_argument, service list --addr ftp://x",
    "2, invalid_argument, service list --addr http://trestle.example:14444",
    "2, invalid_argument, service list --token-file /nowhere/token",
    "3, unavailable, service list --addr http://127.0.0.1:1",
    "3, unavailable, version --addr http://127.0.0.1:1",
    "1, invalid_argument, up --config /nowhere.yaml",
    "1, failed_precondition, serve --pg-url mysql://x",
    "1, failed_precondition, -migrate -pg-url mysql://x",
    "1, failed_precondition, doctor --pg-url mysql://x",
  })
  @Acceptance("FL-30")
  void error_json_hasCodeMessageAndExitCode(int exit, String code, String command) {
    String[] args = command.split(" ");
    CliRun run =
        CliRun.of(
            Map.of("TRESTLE_STATE", state.toString(), "TRESTLE_TOKEN", "a-token"),
            append(args, "-o", "json"));
    CliRun authorized = command.contains("--addr") ? run : kernel.cli(append(args, "-o", "json"));

    assertThat(authorized.exit()).as(authorized.toString()).isEqualTo(exit);
    assertThat(authorized.json().path("code").asText()).isEqualTo(code);
    assertThat(authorized.json().path("message").asText()).isNotEmpty();
    assertThat(authorized.err()).startsWith("trestle: ");
  }

  private static String[] append(String[] args, String... more) {
    String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return all;
  }

  @Test
  @Acceptance("FL-30")
  void credentials_wrongOrMissing_areRefused() throws IOException {
    String url = kernel.trestle().http().get(0);
    Path wrong = Files.writeString(empty.resolve("wrong"), "x".repeat(43));

    CliRun wrongFile = kernel.cli("service", "list", "--token-file", wrong.toString());
    CliRun wrongVariable =
        CliRun.of(
            Map.of("TRESTLE_STATE", state.toString(), "TRESTLE_TOKEN", "x"), "service", "list");
    CliRun none = CliRun.of(empty, "service", "list", "--addr", url, "-o", "json");

    assertThat(wrongFile.exit()).isEqualTo(4);
    assertThat(wrongVariable.exit()).isEqualTo(4);
    assertThat(none.exit()).isEqualTo(4);
    assertThat(none.json().path("code").asText()).isEqualTo("unauthenticated");
    assertThat(none.err()).contains("TRESTLE_TOKEN");
  }

  @Test
  void address_byVariableOrFlag_findsTheTokenBesideTheKernelThatListensThere() {
    String url = kernel.trestle().http().get(0);
    String asName = url.replace("127.0.0.1", "localhost");
    String path = state.toString();

    assertThat(kernel.cli("--addr", asName, "service", "list").exit()).isZero();
    assertThat(CliRun.of(Map.of("TRESTLE_STATE", path, "SB_ADDR", url), "service", "list").exit())
        .isZero();
    assertThat(
            CliRun.of(
                    Map.of(
                        "TRESTLE_STATE",
                        path,
                        "SB_ADDR",
                        "http://127.0.0.1:1",
                        "TRESTLE_ADDR",
                        url),
                    "service",
                    "list")
                .exit())
        .isZero();
  }

  @Test
  @Acceptance("FL-30")
  void noKernel_isSaidWithTheDirectory() {
    CliRun run = CliRun.of(empty, "service", "list", "-o", "json");

    assertThat(run.exit()).isEqualTo(3);
    assertThat(run.json().path("message").asText()).contains(empty.toString());
    assertThat(CliRun.of(empty, "version").exit()).as("needs no kernel").isZero();
  }

  @Test
  void twoKernels_areNamedAsCandidates() {
    TestDatabase second = TestDatabase.migrated();
    try (SourceKernel other = SourceKernel.start(state, second)) {
      CliRun run = kernel.cli("service", "list");

      assertThat(run.exit()).isEqualTo(3);
      assertThat(run.err()).contains(kernel.trestle().http().get(0), other.trestle().http().get(0));
      assertThat(kernel.cli("service", "list", "--addr", other.trestle().http().get(0)).exit())
          .isZero();
    }
  }

  @Test
  @Acceptance("CO-24")
  void settingsSet_portOfTheListener_warnsAndLeavesTheListenerAlone() {
    int other = FreePorts.next();

    CliRun run = kernel.cli("settings", "set", "network.ui_port", String.valueOf(other));

    assertThat(run.exit()).isZero();
    assertThat(run.err()).contains("warning: restart required");
    assertThat(json(0, "settings", "get", "network.ui_port").path("restart_pending").asBoolean())
        .isTrue();
    assertThat(FreePorts.accepts(other)).isFalse();
    assertThat(kernel.cli("settings", "set", "jobs.max_per_service", "102").err()).isEmpty();
  }

  @Test
  void policySet_whatIsNamed_isReplacedAndTheRestStays() {
    kernel.createService("seller");
    kernel.createService("buyer");

    JsonNode first =
        json(
            0,
            "policy",
            "set",
            "seller",
            "--allow-call=buyer/pay",
            "--allow-call=buyer/refund",
            "--allow-caller=buyer/*",
            "--allow-publish=orders.#",
            "--allow-subscribe=payments.*",
            "--allow-run-wf=buyer/settle",
            "--allow-wf-caller=*/ship");
    assertThat(rules(first))
        .containsExactlyInAnyOrder(
            "E rpc.call buyer pay",
            "E rpc.call buyer refund",
            "A rpc.handle buyer *",
            "E event.publish  orders.#",
            "A event.handle  payments.*",
            "E workflow.run buyer settle",
            "A workflow.handle  ship");
    assertThat(first.path("capabilities")).hasSize(7);

    JsonNode second =
        json(0, "policy", "set", "seller", "--allow-call=buyer/pay", "--allow-publish=");
    assertThat(rules(second)).hasSize(5).contains("E rpc.call buyer pay", "A rpc.handle buyer *");

    JsonNode third = json(0, "policy", "set", "seller", "--cap", "rpc.handle,rpc.call");
    assertThat(third.path("capabilities").toString()).isEqualTo("[\"rpc.handle\",\"rpc.call\"]");
    assertThat(rules(third)).hasSize(5);
    assertThat(
            database.value(
                "SELECT count(*) FROM services WHERE name = 'seller' AND cap_rpc_call AND NOT"
                    + " cap_event_publish"))
        .isEqualTo("1");
    assertThat(json(0, "policy", "show", "seller")).isEqualTo(third);
    assertThat(json(1, "policy", "set", "seller", "--allow-call=nobody/m").path("message").asText())
        .contains("nobody");
  }

  private static List<String> rules(JsonNode policy) {
    List<String> rules = new ArrayList<>();
    for (JsonNode rule : policy.path("rules")) {
      rules.add(
          String.join(
              " ",
              rule.path("direction").asText(),
              rule.path("action").asText(),
              rule.path("peer_service_name").asText(),
              rule.path("target_name").asText()));
    }
    return rules;
  }

  @Test
  void policySet_ruleForAnyService_isWarnedOf() {
    kernel.createService("open");

    CliRun run = kernel.cli("policy", "set", "open", "--allow-call", "*/pay");

    assertThat(run.exit()).isZero();
    assertThat(run.err()).contains("warning: rpc.call */pay").contains("visible");
    assertThat(run.out()).containsPattern("(?m)^egress +rpc.call +\\* +pay");
    assertThat(kernel.cli("policy", "set", "open", "--allow-call", "").err()).isEmpty();
  }

  @Test
  void policyShow_rowsThatMeanNothing_areSaid() {
    kernel.createService("edited");
    database.execute(
        "INSERT INTO service_policy_rules (service_id, direction, action, target_name)"
            + " SELECT id, 'E', 'rpc.cal', 'm' FROM services WHERE name = 'edited'");

    CliRun run = kernel.cli("policy", "show", "edited");

    assertThat(run.exit()).isZero();
    assertThat(run.err()).contains("matches nothing").contains("rpc.cal").contains("expected");
  }

  @Test
  void text_isATable() {
    kernel.createService("tabular");

    CliRun run = kernel.cli("service", "list", "-o", "table");

    assertThat(run.out().lines().findFirst().orElseThrow()).matches("NAME +ID +STATUS +CREATED");
    assertThat(run.out()).containsPattern("(?m)^tabular +[0-9a-f-]{36} +active +2");
  }
}
