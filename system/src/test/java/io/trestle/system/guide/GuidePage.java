package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Holds a page for people to the programs that run. */
final class GuidePage {
  static final Path SCHEMAS = Path.of("src", "test", "resources", "guide");

  private static final Path PROGRAMS =
      Path.of("src", "test", "java", "io", "trestle", "system", "guide");
  private static final Path EXAMPLE =
      Path.of("..", "examples", "order-flow", "src", "main", "java", "io", "trestle", "examples");
  private static final Pattern BLOCK =
      Pattern.compile("```(?:java|proto|json)\\n(.*?)```", Pattern.DOTALL);

  private GuidePage() {}

  /** Every block of code on the page is part of a program. */
  static void assertShowsPrograms(String name, int moreThan) throws IOException {
    assertShowsPrograms(Path.of("..", "docs", "guide", name), moreThan);
  }

  /** The same of any page. */
  static void assertShowsPrograms(Path file, int moreThan) throws IOException {
    String page = Files.readString(file);
    String sources = squeezed(SCHEMAS) + squeezed(PROGRAMS) + squeezed(EXAMPLE);

    Matcher block = BLOCK.matcher(page);
    int blocks = 0;
    while (block.find()) {
      assertThat(sources).contains(squeezed(block.group(1)));
      blocks++;
    }

    assertThat(blocks).isGreaterThan(moreThan);
  }

  private static String squeezed(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(GuidePage::text)
          .map(GuidePage::squeezed)
          .collect(Collectors.joining());
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String squeezed(String text) {
    return text.replaceAll("\\s+", "");
  }
}
