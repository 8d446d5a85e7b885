package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trestle settings}: the live settings of a kernel. */
@Command(name = "settings", description = "Runtime settings; without a command, lists them.")
final class SettingsCommand implements Callable<Integer> {
  private final Cli cli;

  SettingsCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    return list();
  }

  @Command(description = "Lists all settings.")
  int list() {
    JsonNode reply = cli.admin().call("SettingsService/ListSettings", Json.object());
    Table table = new Table("KEY", "VALUE", "DEFAULT", "TYPE", "NOTES");
    for (JsonNode setting : reply.path("settings")) {
      table.row(
          setting.path("key").asText(),
          setting.path("value").asText(),
          setting.path("default").asText(),
          setting.path("type").asText(),
          String.join(", ", notes(setting)));
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }

  @Command(description = "Prints the stored value of a setting.")
  int get(@Parameters(paramLabel = "KEY") String key) {
    JsonNode setting =
        cli.admin()
            .call("SettingsService/GetSetting", Json.object().put("key", key))
            .path("setting");
    cli.terminal().result(setting.path("value").asText(), Json.snakeCase(setting));
    notes(setting).forEach(note -> cli.terminal().note(key + ": " + note));
    return ExitCode.DONE.number();
  }

  @Command(description = "Checks and stores a value; says when it waits for a restart.")
  int set(
      @Parameters(paramLabel = "KEY") String key, @Parameters(paramLabel = "VALUE") String value) {
    JsonNode reply =
        cli.admin()
            .call(
                "SettingsService/UpdateSettings",
                Json.object().put("key", key).put("value", value));
    JsonNode setting = reply.path("setting");
    cli.terminal()
        .result("%s = %s".formatted(key, setting.path("value").asText()), Json.snakeCase(reply));
    if (reply.path("restartRequired").asBoolean()) {
      cli.terminal()
          .note(
              "warning: restart required; %s stays in force until the kernel is started again"
                  .formatted(quoted(setting.path("inForce").asText())));
    } else if (setting.path("overridden").asBoolean()) {
      cli.terminal().note("warning: this kernel was started with --set " + key + ", which wins");
    }
    return ExitCode.DONE.number();
  }

  private static List<String> notes(JsonNode setting) {
    List<String> notes = new ArrayList<>();
    if (setting.path("unknown").asBoolean()) {
      notes.add("unknown to this kernel");
      return notes;
    }
    if (setting.path("restartPending").asBoolean()) {
      notes.add("restart required, in force " + quoted(setting.path("inForce").asText()));
    } else if (setting.path("overridden").asBoolean()) {
      notes.add("overridden by --set, in force " + quoted(setting.path("inForce").asText()));
    } else if (setting.path("restart").asBoolean()) {
      notes.add("restart");
    }
    return notes;
  }

  private static String quoted(String value) {
    return value.isEmpty() ? "the empty value" : value;
  }
}
