package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trestle service}: services are their keys. */
@Command(
    name = "service",
    synopsisSubcommandLabel = "COMMAND",
    description = "Services and their keys.",
    subcommands = ServiceKeyCommand.class)
final class ServiceCommand {
  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final Cli cli;

  ServiceCommand(Cli cli) {
    this.cli = cli;
  }

  @Command(description = "Makes a service and prints its key, once.")
  int create(@Parameters(paramLabel = "NAME") String name) {
    JsonNode made = cli.admin().call("ServiceService/Create", Json.object().put("name", name));
    cli.terminal()
        .result(text(made) + "api_key  " + made.path("apiKey").asText(), Json.snakeCase(made));
    cli.terminal().note("The key is shown only now.");
    return ExitCode.DONE.number();
  }

  @Command(description = "Lists services, revoked ones too.")
  int list() {
    JsonNode reply = cli.admin().call("ServiceService/List", Json.object());
    Table table = new Table("NAME", "ID", "STATUS", "CREATED");
    for (JsonNode service : reply.path("services")) {
      table.row(
          service.path("name").asText(),
          service.path("id").asText(),
          service.path("status").asText(),
          service.path("createdAt").asText());
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }

  @Command(description = "Revokes a service: its keys and instances are refused from now on.")
  int revoke(@Parameters(paramLabel = "NAME|ID") String nameOrId) {
    return change("ServiceService/Revoke", "name", nameOrId);
  }

  @Command(description = "Admits a revoked service again.")
  int activate(@Parameters(paramLabel = "NAME|ID") String nameOrId) {
    String id = UUID.matcher(nameOrId).matches() ? nameOrId : revokedId(nameOrId);
    return change("ServiceService/Activate", "id", id);
  }

  private int change(String procedure, String field, String value) {
    JsonNode service = cli.admin().call(procedure, Json.object().put(field, value));
    cli.terminal().result(text(service), Json.snakeCase(service));
    return ExitCode.DONE.number();
  }

  /** Several rows may share a name; the kernel wants to be told which one. */
  private String revokedId(String name) {
    JsonNode services = cli.admin().call("ServiceService/List", Json.object()).path("services");
    List<String> ids =
        StreamSupport.stream(services.spliterator(), false)
            .filter(s -> s.path("name").asText().equals(name))
            .filter(s -> s.path("status").asText().equals("revoked"))
            .map(s -> s.path("id").asText())
            .toList();
    if (ids.size() != 1) {
      throw CliFailure.failed(
          ids.isEmpty() ? "not_found" : "failed_precondition",
          "%s: %d revoked services %s (expected: one; give the id)"
              .formatted(name, ids.size(), ids));
    }
    return ids.get(0);
  }

  private static String text(JsonNode service) {
    return "name     %s%nid       %s%nstatus   %s%n"
        .formatted(
            service.path("name").asText(),
            service.path("id").asText(),
            service.path("status").asText());
  }
}
