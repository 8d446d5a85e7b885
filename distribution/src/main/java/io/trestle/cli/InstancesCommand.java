package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trestle instances}: what is connected now. */
@Command(name = "instances", description = "Connected instances; without a command, lists them.")
final class InstancesCommand implements Callable<Integer> {
  private final Cli cli;

  InstancesCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    return list();
  }

  @Command(description = "Lists connected instances.")
  int list() {
    JsonNode reply = cli.admin().call("RegistryService/ListInstances", Json.object());
    Table table = new Table("SERVICE", "INSTANCE", "STATUS", "CALL", "SDK", "CONNECTED");
    for (JsonNode instance : reply.path("instances")) {
      table.row(
          instance.path("serviceName").asText(),
          instance.path("instanceId").asText(),
          instance.path("status").asText(),
          instance.path("callEndpoint").asText(),
          instance.path("sdkLanguage").asText() + " " + instance.path("sdkVersion").asText(),
          Instant.ofEpochMilli(instance.path("connectedAtUnixMs").asLong()).toString());
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }

  @Command(description = "Revokes one instance for good; others of its service stay.")
  int revoke(@Parameters(paramLabel = "ID") String id) {
    JsonNode reply =
        cli.admin().call("RegistryService/RevokeInstance", Json.object().put("instanceId", id));
    cli.terminal().result("%s revoked".formatted(id), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }
}
