package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trestle events dlq}: dead letters of all consumers. */
@Command(
    name = "dlq",
    synopsisSubcommandLabel = "COMMAND",
    description = "Dead letters: events that a consumer did not handle.")
final class DeadLettersCommand {
  private static final int ERROR_SHOWN = 60;

  private final Cli cli;

  DeadLettersCommand(Cli cli) {
    this.cli = cli;
  }

  /** Which letters. */
  static final class Filters {
    @Option(names = "--service", paramLabel = "S", description = "Consumer, by name or id.")
    @Nullable String service;

    @Option(names = "--name", paramLabel = "PATTERN", description = "Names of events.")
    @Nullable String name;

    @Option(
        names = "--reason",
        paramLabel = "REASON",
        description = "max_attempts, orphaned_pattern, subscriber_unavailable or rejected.")
    @Nullable String reason;

    ObjectNode request() {
      ObjectNode request = Json.object();
      put(request, "service", service);
      put(request, "name", name);
      put(request, "reason", reason);
      return request;
    }

    private static void put(ObjectNode request, String member, @Nullable String value) {
      if (value != null) {
        request.put(member, value);
      }
    }
  }

  @Command(description = "Lists dead letters, newest first.")
  int list(
      @Mixin Filters filters,
      @Option(names = "--limit", paramLabel = "N", defaultValue = "50", description = "1 to 500.")
          int limit,
      @Option(names = "--cursor", paramLabel = "C", description = "As a listing before said.")
          @Nullable String cursor) {
    if (limit < 1 || limit > 500) {
      throw CliFailure.usage("--limit: " + limit + " (expected: 1 to 500)");
    }
    ObjectNode request = filters.request().put("limit", limit);
    if (cursor != null) {
      request.put("cursor", cursor);
    }
    JsonNode reply = cli.admin().call("EventsService/ListDeadLetters", request);
    Table table =
        new Table("ID", "CONSUMER", "EVENT", "REASON", "ATTEMPTS", "REPLAYS", "DIED", "ERROR");
    for (JsonNode letter : reply.path("deadLetters")) {
      table.row(
          letter.path("id").asText(),
          EventsCommand.consumer(letter),
          letter.path("eventName").asText(),
          letter.path("reason").asText(),
          letter.path("totalAttempts").asText(),
          letter.path("replayCount").asText(),
          EventsCommand.time(letter.path("deadAtUnixMs")),
          shortened(letter.path("lastError").asText()));
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    String next = reply.path("nextCursor").asText();
    if (!next.isEmpty()) {
      cli.terminal().note("there are more: --cursor " + next);
    }
    return ExitCode.DONE.number();
  }

  private static String shortened(String error) {
    String line = error.replaceAll("\\p{Cntrl}+", " ").strip();
    return line.length() <= ERROR_SHOWN ? line : line.substring(0, ERROR_SHOWN) + "...";
  }

  @Command(description = "Shows one dead letter with its event.")
  int show(
      @Parameters(paramLabel = "ID", description = "Of the letter or of the event.") String id,
      @Option(names = "--service", paramLabel = "S", description = "Its consumer.")
          @Nullable String service) {
    ObjectNode request = Json.object().put("id", id);
    if (service != null) {
      request.put("service", service);
    }
    JsonNode letter = cli.admin().call("EventsService/GetDeadLetter", request).path("deadLetter");
    JsonNode json = EventText.json(letter);
    StringBuilder text = new StringBuilder();
    json.properties().stream()
        .filter(field -> !field.getKey().equals("payload"))
        .forEach(field -> text.append("%-22s%s%n".formatted(field.getKey(), value(field))));
    text.append("payload%n%s%n".formatted(payload(letter)));
    cli.terminal().result(text.toString(), json);
    return ExitCode.DONE.number();
  }

  private static String value(java.util.Map.Entry<String, JsonNode> field) {
    if (field.getKey().endsWith("_unix_ms")) {
      return field.getValue().asText() + "  " + EventsCommand.time(field.getValue());
    }
    return field.getValue().isTextual()
        ? EventsCommand.orDash(field.getValue().asText().replaceAll("\\p{Cntrl}+", " "))
        : field.getValue().toString();
  }

  private static String payload(JsonNode letter) {
    return letter.has("payloadJson")
        ? Json.parse(letter.path("payloadJson").asText().getBytes(StandardCharsets.UTF_8))
            .map(Json::print)
            .orElse("")
        : "base64: " + letter.path("payloadBase64").asText();
  }

  @Command(
      description = {
        "Hands dead letters out again, oldest first; filters of subscriptions are not asked again.",
        "Without ids, all that the filters take; without filters, --all has to be said."
      })
  int replay(
      @Parameters(paramLabel = "ID", arity = "0..*", description = "Of letters or of events.")
          List<String> ids,
      @Mixin Filters filters,
      @Option(names = "--all", description = "Every dead letter.") boolean all) {
    return each("ReplayDeadLetters", "replayed", ids, filters, all);
  }

  @Command(
      description = {
        "Deletes dead letters for good.",
        "Without ids, all that the filters take; without filters, --all has to be said."
      })
  int drop(
      @Parameters(paramLabel = "ID", arity = "0..*", description = "Of letters or of events.")
          List<String> ids,
      @Mixin Filters filters,
      @Option(names = "--all", description = "Every dead letter.") boolean all) {
    return each("DropDeadLetters", "dropped", ids, filters, all);
  }

  /** A call does 500 at most and says where the next goes on. */
  private int each(
      String procedure, String done, @Nullable List<String> ids, Filters filters, boolean all) {
    ObjectNode request = filters.request().put("all", all);
    if (ids != null && !ids.isEmpty()) {
      ids.forEach(request.putArray("ids")::add);
    } else if (request.size() == 1 && !all) {
      throw CliFailure.usage(
          "nothing is selected (expected: ids, --service, --name, --reason, or --all)");
    }
    AdminClient admin = cli.admin();
    ArrayNode skipped = Json.array();
    int count = 0;
    String next;
    do {
      JsonNode reply = admin.call("EventsService/" + procedure, request);
      count += reply.path(done).asInt();
      reply.path("skipped").forEach(skipped::add);
      next = reply.path("nextCursor").asText();
      request.put("cursor", next);
    } while (!next.isEmpty());
    ObjectNode result = Json.object().put(done, count);
    result.set("skipped", Json.snakeCase(skipped));
    cli.terminal().result(count + " " + done, result);
    skipped.forEach(one -> cli.terminal().note("skipped " + words(one)));
    return skipped.isEmpty() || count > 0 ? ExitCode.DONE.number() : ExitCode.FAILED.number();
  }

  private static String words(JsonNode skipped) {
    String name = skipped.path("eventName").asText();
    String of = name.isEmpty() ? "" : " (" + name + " of " + skipped.path("service").asText() + ")";
    return skipped.path("id").asText() + of + ": " + skipped.path("reason").asText();
  }
}
