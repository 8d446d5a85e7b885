package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trestle events}: who consumes, how far, what went wrong; publishing and watching. */
@Command(
    name = "events",
    synopsisSubcommandLabel = "COMMAND",
    description = "Durable events.",
    subcommands = {
      EventsTail.class,
      EventsPublish.class,
      DeadLettersCommand.class,
      EventTokenCommand.class
    })
final class EventsCommand {
  private final Cli cli;

  EventsCommand(Cli cli) {
    this.cli = cli;
  }

  @Command(description = "Lists who consumes what: patterns, filters, live instances.")
  int subscriptions(@Parameters(paramLabel = "SERVICE", arity = "0..1") @Nullable String service) {
    JsonNode reply = cli.admin().call("EventsService/ListSubscriptions", of(service));
    Table table = new Table("CONSUMER", "PATTERN", "FILTER", "EFFECTIVE", "INSTANCES");
    for (JsonNode consumer : reply.path("consumers")) {
      for (JsonNode subscription : consumer.path("subscriptions")) {
        String pattern = subscription.path("pattern").asText();
        table.row(
            consumer(consumer),
            pattern,
            orDash(subscription.path("filter").asText()),
            subscription.path("effective").asBoolean() ? "yes" : "no",
            String.valueOf(declaring(consumer, pattern)));
      }
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }

  private static int declaring(JsonNode consumer, String pattern) {
    int count = 0;
    for (JsonNode instance : consumer.path("instances")) {
      for (JsonNode declared : instance.path("patterns")) {
        count += declared.asText().equals(pattern) ? 1 : 0;
      }
    }
    return count;
  }

  @Command(description = "Shows how far consumers are behind, and what they are busy with.")
  int lag(@Parameters(paramLabel = "SERVICE", arity = "0..1") @Nullable String service) {
    JsonNode reply = cli.admin().call("EventsService/Lag", of(service));
    Table table =
        new Table(
            "CONSUMER",
            "POSITION",
            "HEAD",
            "PENDING",
            "OLDEST",
            "IN FLIGHT",
            "STREAMS",
            "OFFLINE",
            "DEAD LETTERS");
    for (JsonNode consumer : reply.path("consumers")) {
      table.row(
          consumer(consumer),
          consumer.path("position").asText(),
          consumer.path("head").asText(),
          consumer.path("pending").asText(),
          consumer.has("oldestPendingSeconds")
              ? age(consumer.path("oldestPendingSeconds").asDouble())
              : "-",
          consumer.path("inFlight").asText(),
          streams(consumer.path("streams")),
          offline(consumer),
          consumer.path("deadLetters").asText());
    }
    cli.terminal().result(table.toString(), Json.snakeCase(reply));
    return ExitCode.DONE.number();
  }

  /** Unanswered deliveries and slots of each stream. */
  private static String streams(JsonNode streams) {
    List<String> each = new ArrayList<>();
    for (JsonNode stream : streams) {
      each.add(stream.path("unanswered").asText() + "/" + stream.path("maxInFlight").asText());
    }
    return each.isEmpty() ? "-" : String.join(" ", each);
  }

  private static String offline(JsonNode consumer) {
    return consumer.has("offlineSinceUnixMs")
        ? "since " + time(consumer.path("offlineSinceUnixMs"))
        : "-";
  }

  private static ObjectNode of(@Nullable String service) {
    ObjectNode request = Json.object();
    return service == null ? request : request.put("service", service);
  }

  /** A service, and its group if it has one. */
  static String consumer(JsonNode consumer) {
    String group = consumer.path("group").asText();
    String service = consumer.path("service").asText();
    return group.isEmpty() ? service : service + "/" + group;
  }

  static String time(JsonNode millis) {
    return Instant.ofEpochMilli(millis.asLong()).toString();
  }

  static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  /** {@code 3s}, {@code 5m12s}, {@code 2d3h}: the two largest units. */
  static String age(double seconds) {
    Duration age = Duration.ofSeconds((long) seconds);
    if (age.toDays() > 0) {
      return age.toDays() + "d" + age.toHoursPart() + "h";
    }
    if (age.toHours() > 0) {
      return age.toHours() + "h" + age.toMinutesPart() + "m";
    }
    return age.toMinutes() > 0
        ? age.toMinutes() + "m" + age.toSecondsPart() + "s"
        : age.toSeconds() + "s";
  }
}
