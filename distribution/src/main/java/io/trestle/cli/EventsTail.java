package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trestle events tail}. */
@Command(
    name = "tail",
    description = {
      "Shows events as they are accepted, until Ctrl-C.",
      "With -o json, one JSON value on each line. Nothing of the past is shown. When more comes"
          + " than can be shown, the oldest are left out and counted on standard error."
    })
final class EventsTail implements Callable<Integer> {
  private static final int WAIT_MILLIS = 10_000;

  private final Cli cli;
  private int shown;

  EventsTail(Cli cli) {
    this.cli = cli;
  }

  @Parameters(paramLabel = "PATTERN", description = "Names: * is one segment, # any number.")
  String pattern = "";

  @Option(names = "--filter", paramLabel = "JSON", description = "Condition on the payload.")
  @Nullable String filter;

  @Option(names = "--count", paramLabel = "N", description = "Ends after so many events.")
  int count;

  @Override
  public Integer call() {
    if (count < 0) {
      throw CliFailure.usage("--count: " + count + " (expected: at least 1)");
    }
    AdminClient admin = cli.admin();
    String watch = begin(admin);
    cli.terminal().note("watching " + pattern + "; Ctrl-C ends it");
    while (count == 0 || shown < count) {
      watch = more(admin, watch);
    }
    return ExitCode.DONE.number();
  }

  private String begin(AdminClient admin) {
    ObjectNode request = Json.object().put("pattern", pattern);
    if (filter != null) {
      request.put("filter", filter);
    }
    return admin.call("EventsService/Tail", request).path("watch").asText();
  }

  private String more(AdminClient admin, String watch) {
    JsonNode seen;
    try {
      seen =
          admin.call(
              "EventsService/Tail", Json.object().put("watch", watch).put("waitMs", WAIT_MILLIS));
    } catch (CliFailure e) {
      if (!e.code().equals("not_found")) {
        throw e;
      }
      cli.terminal().note("warning: the watch was forgotten; events may be missing here");
      return begin(admin);
    }
    if (seen.path("dropped").asLong() > 0) {
      cli.terminal().note("warning: " + seen.path("dropped").asLong() + " events were left out");
    }
    for (JsonNode event : seen.path("events")) {
      if (count == 0 || shown < count) {
        shown++;
        cli.terminal().line(line(event), EventText.json(event));
      }
    }
    return watch;
  }

  private static String line(JsonNode event) {
    String key = event.path("partitionKey").asText();
    return "%s  %s  %s  from %s to %d%s  %s"
        .formatted(
            EventsCommand.time(event.path("acceptedAtUnixMs")),
            event.path("eventName").asText(),
            event.path("eventId").asText(),
            event.path("service").asText(),
            event.path("consumers").asInt(),
            key.isEmpty() ? "" : "  key " + key,
            EventText.payload(event));
  }
}
