package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trestle policy}: what a service may do, and what it accepts from others. */
@Command(
    name = "policy",
    synopsisSubcommandLabel = "COMMAND",
    description = "Access policy of a service.",
    subcommands = {PolicyCommand.Change.class})
final class PolicyCommand {
  private final Cli cli;

  PolicyCommand(Cli cli) {
    this.cli = cli;
  }

  @Command(description = "Shows the capabilities and rules of a service.")
  int show(@Parameters(paramLabel = "SERVICE") String nameOrId) {
    print(cli, cli.admin().call("PolicyService/Get", named(nameOrId)));
    return ExitCode.DONE.number();
  }

  private static ObjectNode named(String nameOrId) {
    return Json.object().put("name", nameOrId);
  }

  private static void print(Cli cli, JsonNode policy) {
    StringBuilder text = new StringBuilder();
    text.append("name          %s%n".formatted(policy.path("name").asText()));
    text.append("id            %s%n".formatted(policy.path("id").asText()));
    text.append("status        %s%n".formatted(policy.path("status").asText()));
    text.append("capabilities  %s%n".formatted(capabilities(policy)));
    text.append(rules(policy));
    cli.terminal().result(text.toString(), Json.snakeCase(policy));
    policy.path("notes").forEach(note -> cli.terminal().note("warning: " + note.asText()));
  }

  private static String capabilities(JsonNode policy) {
    List<String> names = new ArrayList<>();
    policy.path("capabilities").forEach(name -> names.add(name.asText()));
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  private static String rules(JsonNode policy) {
    if (policy.path("rules").isEmpty()) {
      return "rules         none: everything is allowed%n".formatted();
    }
    Table table = new Table("DIRECTION", "ACTION", "SERVICE", "TARGET");
    for (JsonNode rule : policy.path("rules")) {
      String peer = rule.path("peerServiceName").asText();
      table.row(
          rule.path("direction").asText().equals("E") ? "egress" : "acceptance",
          rule.path("action").asText(),
          peer.isEmpty() ? "*" : peer,
          rule.path("targetName").asText());
    }
    return table.toString();
  }

  /** {@code policy set}. */
  @Command(
      name = "set",
      description = {
        "Changes the policy of a service.",
        "Each option may be repeated and replaces all rules of its kind; what is left out stays."
            + " One empty value means none: rules that are none allow everything.",
        "TARGET is SERVICE/NAME with * for any of either; PATTERN is that of event names."
      })
  static final class Change implements Callable<Integer> {
    private static final String TARGET = "TARGET";
    private static final String PATTERN = "PATTERN";

    private final Cli cli;

    Change(Cli cli) {
      this.cli = cli;
    }

    @Parameters(paramLabel = "SERVICE", description = "Name or id.")
    String service = "";

    @Option(
        names = "--cap",
        split = ",",
        paramLabel = "CAPABILITY",
        description =
            "All that it may do: rpc.handle, event.handle, workflow.handle, job.handle, rpc.call,"
                + " event.publish, workflow.run.")
    @Nullable List<String> capabilities;

    @Option(names = "--allow-call", paramLabel = TARGET, description = "Methods it may call.")
    @Nullable List<String> calls;

    @Option(
        names = "--allow-caller",
        paramLabel = TARGET,
        description = "Callers it accepts, and the method of its own that they may call.")
    @Nullable List<String> callers;

    @Option(names = "--allow-publish", paramLabel = PATTERN, description = "Events it may publish.")
    @Nullable List<String> publishes;

    @Option(
        names = "--allow-subscribe",
        paramLabel = PATTERN,
        description = "Events it may subscribe to.")
    @Nullable List<String> subscribes;

    @Option(names = "--allow-run-wf", paramLabel = TARGET, description = "Workflows it may run.")
    @Nullable List<String> runs;

    @Option(
        names = "--allow-wf-caller",
        paramLabel = TARGET,
        description = "Callers it accepts, and the workflow of its own that they may run.")
    @Nullable List<String> runners;

    @Override
    public Integer call() {
      ObjectNode request = named(service);
      if (capabilities != null) {
        request.set("capabilities", array(capabilities));
      }
      ObjectNode rules = request.putObject("rules");
      byAction()
          .forEach(
              (action, targets) -> {
                if (targets != null) {
                  rules.set(action, array(targets));
                }
              });
      if (rules.isEmpty() && capabilities == null) {
        throw CliFailure.usage("policy set: nothing to set (expected: --cap or --allow-...)");
      }
      print(cli, cli.admin().call("PolicyService/Set", request));
      return ExitCode.DONE.number();
    }

    private Map<String, @Nullable List<String>> byAction() {
      Map<String, @Nullable List<String>> actions = new LinkedHashMap<>();
      actions.put("rpc.call", calls);
      actions.put("rpc.handle", callers);
      actions.put("event.publish", publishes);
      actions.put("event.handle", subscribes);
      actions.put("workflow.run", runs);
      actions.put("workflow.handle", runners);
      return actions;
    }

    private static ArrayNode array(List<String> values) {
      ArrayNode array = Json.array();
      values.stream().filter(value -> !value.isEmpty()).forEach(array::add);
      return array;
    }
  }
}
