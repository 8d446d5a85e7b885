package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The lines of "Receiving over HTTP" in docs/guide/events.md, run by a shell. */
class ReceivingGuideTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final Pattern LINES =
      Pattern.compile("## Receiving over HTTP.*?```sh\\n(.*?)```", Pattern.DOTALL);

  private static JsonObject admin(String procedure, JsonObject request) {
    return TRESTLE.kernel().admin().ok("EventsService/" + procedure, request);
  }

  private static void publish(double total) {
    admin(
        "Publish",
        new JsonObject()
            .put("service", "receiver")
            .put("name", "order.placed")
            .put("payloadJson", "{\"order\":\"o-17\",\"total\":" + total + "}"));
  }

  @Test
  void page_linesOfCurl_doWhatItSays(@TempDir Path directory) throws Exception {
    assumeTrue(isThere("curl"), "no curl");
    TRESTLE.kernel().admin().createService("receiver");
    String token =
        admin("CreateToken", new JsonObject().put("service", "receiver").put("scope", "subscribe"))
            .getString("token");
    String out = run(script(), token, directory);

    assertThat(out)
        .contains("\"name\":\"inbox\"")
        .contains("{\"order\":\"o-17\",\"total\":42.5}")
        .contains("\"status\":\"done\"")
        .contains("\"pending\":0")
        .doesNotContain("message");
  }

  /** Events are published once the subscription is there. */
  private static String script() throws IOException {
    Matcher lines = LINES.matcher(Files.readString(Path.of("..", "docs", "guide", "events.md")));
    assertThat(lines.find()).isTrue();
    assertThat(lines.group(1)).contains("TOKEN=$(./trestle events token create ");
    return lines
        .group(1)
        .replaceFirst("(?m)^TOKEN=.*$", "") // there is no launcher here; the test makes the token
        .replace("http://127.0.0.1:14444", TRESTLE.kernel().http().get(0).replaceAll("/$", ""))
        .replaceFirst(
            "(-X PUT [^\\n]*\\n)", "$1touch made; until [ -f sent ]; do sleep 0.05; done\n");
  }

  private static String run(String script, String token, Path directory) throws Exception {
    ProcessBuilder shell = new ProcessBuilder(List.of("sh", "-euc", script));
    shell.environment().put("TOKEN", token);
    Path out = directory.resolve("out");
    Process process =
        shell
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    await().until(() -> Files.exists(directory.resolve("made")) || !process.isAlive());
    publish(5);
    publish(42.5);
    Files.createFile(directory.resolve("sent"));
    int exit = process.waitFor();
    String text = Files.readString(out, StandardCharsets.UTF_8);
    assertThat(exit).as(text).isZero();
    return text;
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      return new ProcessBuilder(program, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
