package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trestle events publish}. */
@Command(
    name = "publish",
    description = {
      "Publishes one event in the name of a service, under the rules of its policy.",
      "The payload is JSON: given, in a file (@FILE) or on standard input (-); without it {}."
    })
final class EventsPublish implements Callable<Integer> {
  private final Cli cli;

  EventsPublish(Cli cli) {
    this.cli = cli;
  }

  @Parameters(paramLabel = "NAME", description = "Name of the event.")
  String name = "";

  @Option(
      names = "--service",
      required = true,
      paramLabel = "S",
      description = "Name or id of the service that publishes.")
  String service = "";

  @Option(names = "--data", paramLabel = "JSON|@FILE|-", description = "The payload.")
  @Nullable String data;

  @Option(names = "--key", paramLabel = "K", description = "Partition key; default none.")
  @Nullable String key;

  @Option(
      names = "--idempotency-key",
      paramLabel = "K",
      description = "The same key again publishes nothing new.")
  @Nullable String idempotencyKey;

  @Option(names = "--header", paramLabel = "K=V", description = "A header; may be repeated.")
  List<String> headers = List.of();

  @Override
  public Integer call() {
    ObjectNode request = Json.object().put("service", service).put("name", name);
    if (data != null) {
      request.put("payloadJson", payload(data));
    }
    if (key != null) {
      request.put("key", key);
    }
    if (idempotencyKey != null) {
      request.put("idempotencyKey", idempotencyKey);
    }
    ObjectNode named = request.putObject("headers");
    headers.forEach(header -> header(named, header));
    JsonNode done = cli.admin().call("EventsService/Publish", request);
    String text = done.path("duplicate").asBoolean() ? "%s was published before" : "%s published";
    cli.terminal().result(text.formatted(done.path("eventId").asText()), Json.snakeCase(done));
    return ExitCode.DONE.number();
  }

  private static void header(ObjectNode headers, String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw CliFailure.usage("--header: " + text + " (expected: NAME=VALUE)");
    }
    headers.put(text.substring(0, equals), text.substring(equals + 1));
  }

  private static String payload(String data) {
    byte[] bytes;
    try {
      if (data.equals("-")) {
        bytes = System.in.readAllBytes();
      } else if (data.startsWith("@")) {
        bytes = Files.readAllBytes(Path.of(data.substring(1)));
      } else {
        bytes = data.getBytes(StandardCharsets.UTF_8);
      }
    } catch (IOException | InvalidPathException e) {
      throw CliFailure.usage("--data: " + data + ": " + e + " (expected: a file that can be read)");
    }
    if (Json.parse(bytes).filter(json -> !json.isMissingNode()).isEmpty()) {
      throw CliFailure.usage("--data: no JSON (expected: JSON, @FILE, or - for standard input)");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
