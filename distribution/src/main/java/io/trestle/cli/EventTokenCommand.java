package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code trestle events token}: tokens with which programs publish and fetch over HTTP as a
 * service.
 */
@Command(
    name = "token",
    synopsisSubcommandLabel = "COMMAND",
    description = "Tokens for publishing and fetching events over HTTP.")
final class EventTokenCommand {
  private final Cli cli;

  EventTokenCommand(Cli cli) {
    this.cli = cli;
  }

  @Command(description = "Makes a token and prints it; it is shown this once.")
  int create(
      @Parameters(paramLabel = "SERVICE") String service,
      @Option(
              names = "--scope",
              paramLabel = "SCOPE",
              description = "publish, subscribe or both; default publish.")
          @Nullable String scope) {
    ObjectNode request = Json.object().put("service", service);
    if (scope != null) {
      request.put("scope", scope);
    }
    JsonNode made = cli.admin().call("EventsService/CreateToken", request);
    cli.terminal().result(made.path("token").asText(), Json.snakeCase(made));
    cli.terminal()
        .note(
            "token %s of %s, scope %s"
                .formatted(
                    made.path("id").asText(),
                    made.path("service").asText(),
                    made.path("scope").asText()));
    return ExitCode.DONE.number();
  }

  @Command(description = "Lists valid tokens, without secrets.")
  int list(@Parameters(paramLabel = "SERVICE", arity = "0..1") @Nullable String service) {
    ObjectNode request = Json.object();
    if (service != null) {
      request.put("service", service);
    }
    JsonNode reply = cli.admin().call("EventsService/ListTokens", request);
    Table table = new Table("SERVICE", "SCOPE", "ID", "CREATED");
    for (JsonNode token : reply.path("tokens")) {
      table.row(
          token.path("service").asText(),
          token.path("scope").asText(),
          token.path("id").asText(),
          EventsCommand.time(token.path("createdAtUnixMs")));
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }

  @Command(description = "Revokes one token of a service, or all of them, at once.")
  int revoke(
      @Parameters(paramLabel = "SERVICE") String service,
      @Parameters(paramLabel = "ID", arity = "0..1", description = "Default all.")
          @Nullable String id) {
    ObjectNode request = Json.object().put("service", service);
    if (id != null) {
      request.put("id", id);
    }
    JsonNode reply = cli.admin().call("EventsService/RevokeTokens", request);
    int count = reply.path("revoked").size();
    cli.terminal().result(count + " revoked", Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }
}
