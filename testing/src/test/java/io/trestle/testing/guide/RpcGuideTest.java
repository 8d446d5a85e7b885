package io.trestle.testing.guide;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What docs/guide/rpc.md tells people to copy works, and is what is tested here. */
class RpcGuideTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final Path SCHEMAS = Path.of("src", "test", "resources", "guide");
  private static final Path PROGRAMS =
      Path.of("src", "test", "java", "io", "trestle", "testing", "guide");
  private static final Path EXAMPLE =
      Path.of("..", "examples", "order-flow", "src", "main", "java", "io", "trestle", "examples");
  private static final Pattern BLOCK =
      Pattern.compile("```(?:java|proto|json)\\n(.*?)```", Pattern.DOTALL);

  @Test
  void programs_ofTheGuide_talkToEachOther() throws InterruptedException {
    TestKernel.ServiceKey shop = TRESTLE.kernel().service("shop");
    TestKernel.ServiceKey buyer = TRESTLE.kernel().service("buyer");
    String runtime = TRESTLE.kernel().grpc();

    try (ServiceBridge serving = Shop.start(runtime, shop.apiKey(), SCHEMAS)) {
      assertThat(Buyer.buy(runtime, buyer.apiKey(), SCHEMAS))
          .containsExactly(
              "Receipt[id=receipt, totalCents=3000]",
              "Receipt[id=receipt, totalCents=1000]",
              "Receipt[id=receipt, totalCents=3000]",
              "NOTHING_ORDERED",
              "Progress[picked=1, of=1000000]",
              "Progress[picked=2, of=1000000]",
              "{id=for you, totalCents=1000}",
              "{cents=1000, discounts=[{name=spring, percent=12.5}]}");
      assertThat(serving.identity()).isPresent();
      assertThat(Shop.PICKED.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void page_showsTheProgramsThatRun() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "guide", "rpc.md"));
    String sources = squeezed(SCHEMAS) + squeezed(PROGRAMS) + squeezed(EXAMPLE);

    Matcher block = BLOCK.matcher(page);
    int blocks = 0;
    while (block.find()) {
      assertThat(sources).contains(squeezed(block.group(1)));
      blocks++;
    }

    assertThat(blocks).isGreaterThan(5);
  }

  private static String squeezed(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(RpcGuideTest::text)
          .map(RpcGuideTest::squeezed)
          .collect(Collectors.joining());
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String squeezed(String text) {
    return text.replaceAll("\\s+", "");
  }
}
