package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trestle service key}: the keys of one service. */
@Command(
    name = "key",
    synopsisSubcommandLabel = "COMMAND",
    description = "Further keys of a service, for rotation.")
final class ServiceKeyCommand {
  private final Cli cli;

  ServiceKeyCommand(Cli cli) {
    this.cli = cli;
  }

  @Command(description = "Adds a key and prints it, once.")
  int add(@Parameters(paramLabel = "NAME|ID") String nameOrId) {
    JsonNode key = call("ServiceService/AddKey", "name", nameOrId);
    cli.terminal()
        .result(
            "key_id   %s%napi_key  %s"
                .formatted(key.path("keyId").asText(), key.path("apiKey").asText()),
            Json.snakeCase(key));
    cli.terminal().note("The key is shown only now.");
    return ExitCode.DONE.number();
  }

  @Command(description = "Lists the keys of a service by their ids.")
  int list(@Parameters(paramLabel = "NAME|ID") String nameOrId) {
    JsonNode reply = call("ServiceService/ListKeys", "name", nameOrId);
    Table table = new Table("KEY_ID", "STATUS", "CREATED");
    for (JsonNode key : reply.path("keys")) {
      table.row(
          key.path("keyId").asText(),
          key.path("revoked").asBoolean() ? "revoked" : "active",
          key.path("createdAt").asText());
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }

  @Command(description = "Revokes one key; the service and its other keys stay.")
  int revoke(@Parameters(paramLabel = "KEY_ID") String keyId) {
    JsonNode key = call("ServiceService/RevokeKey", "keyId", keyId);
    cli.terminal().result("%s revoked".formatted(key.path("keyId").asText()), Json.snakeCase(key));
    return ExitCode.DONE.number();
  }

  private JsonNode call(String procedure, String field, String value) {
    return cli.admin().call(procedure, Json.object().put(field, value));
  }
}
