package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code trestle events} against a running kernel that has a consumer which is away and two dead
 * letters: what docs/guide/events.md shows is what is printed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EventsCommandsTest {
  private static final Pattern CONSOLE = Pattern.compile("```console\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");
  private static final String LETTER =
      "INSERT INTO events_dlq SELECT '%s', 1, m.id, '%s', %d, o.id,"
          + " '0197a0b1-0000-7000-8000-0000000000aa', 'order.%s', '%s', '', '%s', '',"
          + " '{\"tenant\":\"eu\"}', 1763712000000,"
          + " '0197a0b1-0000-7000-8000-0000000000b1-0197a0b1-0000-7000-8000-0000000000b2',"
          + " '{1}', 1763712000003, '%s', '%s', %d, 0,"
          + " 1763712160000 + %d, NULL, NULL FROM services m, services o"
          + " WHERE m.name = 'mailer' AND o.name = 'orders'";

  private final TestDatabase database = TestDatabase.migrated();
  private final Path state;
  private final SourceKernel kernel;

  EventsCommandsTest(@TempDir Path state) {
    this.state = state;
    SourceKernel first = SourceKernel.start(state, database);
    first.createService("orders");
    first.createService("mailer");
    first.close();
    history();
    this.kernel = SourceKernel.start(state, database);
  }

  @AfterAll
  void stop() {
    kernel.close();
  }

  /** As a kernel leaves it: two events went to the mailer, which failed both and went away. */
  private void history() {
    database.execute(
        "INSERT INTO event_consumers SELECT 1, 'service', id, '', 2, '{}', 0, 1763712200000, '',"
            + " 1763700000000 FROM services WHERE name = 'mailer'",
        "INSERT INTO event_subscriptions SELECT 1, 1, id, 'order.#', '', '{}', true FROM services"
            + " WHERE name = 'mailer'",
        "UPDATE event_checkpoint SET seq = 2",
        LETTER.formatted(
            "0197a0b1-0000-7000-8000-000000000011",
            "0197a0b1-0000-7000-8000-000000000001",
            1,
            "placed",
            "{\"order\": \"o-17\", \"total\": 42.5}",
            "o-17",
            "max_attempts",
            "SMTP 421: try later",
            5,
            0),
        LETTER.formatted(
            "0197a0b1-0000-7000-8000-000000000012",
            "0197a0b1-0000-7000-8000-000000000002",
            2,
            "cancelled",
            "{\"order\": \"o-9\"}",
            "o-9",
            "rejected",
            "no such customer",
            1,
            1));
  }

  /** First, because the page names positions. */
  @Test
  @Order(1)
  void page_showsWhatTheCommandsPrint() throws IOException {
    String page = Files.readString(KernelProcess.HOME.resolve("docs/guide/events.md"));
    Matcher block = CONSOLE.matcher(page);
    int commands = 0;
    while (block.find()) {
      for (String session : block.group(1).split("(?m)^\\$ ", -1)) {
        if (!session.isBlank()) {
          String[] parts = session.split("\\n", 2);
          CliRun run = kernel.cli(arguments(parts[0]));
          assertThat(normal(run.out() + run.err())).as(parts[0]).isEqualTo(normal(parts[1]));
          commands++;
        }
      }
    }
    assertThat(commands).isGreaterThan(6);
  }

  private static String[] arguments(String line) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      words.add(word.group(1) != null ? word.group(1) : word.group(2));
    }
    assertThat(words.remove(0)).isEqualTo("./trestle");
    return words.toArray(String[]::new);
  }

  /** Ids and times differ from run to run, and with them the widths of columns. */
  private static String normal(String text) {
    return text.lines()
        .map(line -> line.replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"))
        .map(line -> line.replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "TIME"))
        .map(line -> line.replaceAll("\\b\\d+s\\b", "AGE"))
        .map(line -> line.strip().replaceAll("\\s+", " "))
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void tail_json_printsALineForEachEvent_andEndsAfterTheCount() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> args =
        List.of("events", "tail", "tail.*", "--filter", "{\"$.n\":{\"$gt\":1}}", "--count", "2");
    List<String> full = new ArrayList<>(args);
    full.addAll(List.of("-o", "json"));
    CompletableFuture<Integer> tail =
        CompletableFuture.supplyAsync(
            () ->
                Main.run(
                    full,
                    new HashMap<>(Map.of("TRESTLE_STATE", state.toString())),
                    KernelProcess.HOME,
                    new PrintStream(out, true, StandardCharsets.UTF_8),
                    new PrintStream(err, true, StandardCharsets.UTF_8)));
    await().until(() -> err.toString(StandardCharsets.UTF_8).contains("watching tail.*"));
    for (int n = 1; n <= 3; n++) {
      CliRun run =
          kernel.cli(
              "events", "publish", "tail.a", "--service", "orders", "--data", "{\"n\":" + n + "}");
      assertThat(run.exit()).as(run.toString()).isZero();
    }

    assertThat(tail.get(30, TimeUnit.SECONDS)).isZero();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : out.toString(StandardCharsets.UTF_8).lines().toList()) {
      lines.add(new ObjectMapper().readTree(line));
    }
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0).path("payload").path("n").asInt()).isEqualTo(2);
    assertThat(lines.get(1).path("payload").path("n").asInt()).isEqualTo(3);
    assertThat(lines.get(0).path("event_name").asText()).isEqualTo("tail.a");
    assertThat(lines.get(0).path("service").asText()).isEqualTo("orders");
  }

  @Test
  void publish_dataFromAFile_isTakenAsItIs() throws IOException {
    Path file = Files.writeString(state.resolve("data.json"), "{\"order\": \"o-1\"}\n");

    CliRun first =
        kernel.cli(
            "events",
            "publish",
            "file.a",
            "--service=orders",
            "--data=@" + file,
            "--idempotency-key=k1",
            "--header=tenant=eu");
    CliRun again =
        kernel.cli(
            "events",
            "publish",
            "file.a",
            "--service=orders",
            "--data=@" + file,
            "--idempotency-key=k1");

    assertThat(first.out()).matches("[0-9a-f-]{36} published\\s+");
    assertThat(again.out().strip())
        .isEqualTo(first.out().strip().replace("published", "was published before"));
    assertThat(
            database.value(
                "SELECT convert_from(payload, 'UTF8') || headers::text FROM event_log"
                    + " WHERE name = 'file.a'"))
        .isEqualTo("{\"order\": \"o-1\"}\n{\"tenant\": \"eu\"}");
  }
}
