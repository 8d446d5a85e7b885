package io.trestle.kernel.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads and writes {@code runtime.json}. A file whose process is gone counts as none. */
final class RuntimeFile {
  static final String NAME = "runtime.json";

  /** The start time that the system reports for a process may be off by about a second. */
  private static final Duration CLOCK_BLUR = Duration.ofSeconds(10);

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private RuntimeFile() {}

  static void write(Path directory, RuntimeInfo info) throws IOException {
    ObjectNode tree = MAPPER.createObjectNode().put("pid", info.pid());
    info.grpc().forEach(tree.putArray("grpc")::add);
    info.http().forEach(tree.putArray("http")::add);
    tree.put("started_at", info.startedAt().toString());
    PrivateFiles.write(directory.resolve(NAME), MAPPER.writeValueAsBytes(tree));
  }

  /** The kernel of a directory, when it lives. */
  static Optional<RuntimeInfo> readLive(Path directory) {
    return read(directory).filter(RuntimeFile::lives);
  }

  static Optional<RuntimeInfo> read(Path directory) {
    try {
      JsonNode tree = MAPPER.readTree(Files.readAllBytes(directory.resolve(NAME)));
      return Optional.of(
          new RuntimeInfo(
              tree.path("pid").asLong(),
              texts(tree.path("grpc")),
              texts(tree.path("http")),
              Instant.parse(tree.path("started_at").asText())));
    } catch (JsonProcessingException | DateTimeParseException e) {
      return Optional.empty(); // not ours, or of another version
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether the process is there and is the one that wrote the file, not a later one with its
   * number.
   */
  private static boolean lives(RuntimeInfo info) {
    return ProcessHandle.of(info.pid())
        .filter(ProcessHandle::isAlive)
        .filter(
            process ->
                process
                    .info()
                    .startInstant()
                    .map(start -> start.isBefore(info.startedAt().plus(CLOCK_BLUR)))
                    .orElse(true))
        .isPresent();
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}
