package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A page of docs/guide, as somebody reads it who copies. A block under a line that begins with the
 * name of a file is that file, whole; any other block of code is an excerpt of something that runs.
 */
final class GuidePage {
  static final Path SCHEMAS = Path.of("src", "test", "resources", "guide");

  private static final Path PROGRAMS =
      Path.of("src", "test", "java", "io", "trestle", "system", "guide");
  private static final Path EXAMPLE =
      Path.of("..", "examples", "order-flow", "src", "main", "java", "io", "trestle", "examples");
  private static final Pattern BLOCK =
      Pattern.compile("```(?:java|proto|json)\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern FILE =
      Pattern.compile(
          "(?m)^`([\\w./-]+\\.(?:java|proto|json|xml))`[^\\n]*:\\n\\n```\\w+\\n(?s:(.*?))^```");
  private static final Pattern OUTPUT = Pattern.compile("(?m)^```text\\n(?s:(.*?))^```");
  private static final Pattern RUN =
      Pattern.compile(
          "mvn -q compile exec:java -Dexec.mainClass=(\\S+)"
              + "(?: -Dexec.args=\"127\\.0\\.0\\.1:14445 \\$\\(cat (\\w+)\\.key\\)\")?\\n");

  private final String text;

  private GuidePage(String text) {
    this.text = text;
  }

  static GuidePage read(String name) throws IOException {
    return read(Path.of("..", "docs", "guide", name));
  }

  private static GuidePage read(Path page) throws IOException {
    return new GuidePage(Files.readString(page));
  }

  /** The files, by the names they shall have. */
  Map<String, String> files() {
    Map<String, String> files = new LinkedHashMap<>();
    FILE.matcher(text).results().forEach(m -> files.put(m.group(1), m.group(2)));
    return files;
  }

  /** What programs print, in the order of the page. */
  List<String> outputs() {
    return OUTPUT.matcher(text).results().map(m -> m.group(1)).toList();
  }

  /** The programs that the page runs and the services whose keys it gives them, or nothing. */
  Map<String, String> runs() {
    Map<String, String> runs = new LinkedHashMap<>();
    Matcher run = RUN.matcher(text);
    while (run.find()) {
      runs.put(run.group(1), run.group(2) == null ? "" : run.group(2));
    }
    return runs;
  }

  /** Every block of code on the page is a file of the page, or part of one or of a program. */
  static void assertShowsPrograms(String name, int moreThan) throws IOException {
    assertShowsPrograms(read(name), moreThan);
  }

  /** The same of any page. */
  static void assertShowsPrograms(Path page, int moreThan) throws IOException {
    assertShowsPrograms(read(page), moreThan);
  }

  private static void assertShowsPrograms(GuidePage page, int moreThan) throws IOException {
    String files = page.files().values().stream().map(GuidePage::squeezed).collect(joined());
    String sources = files + squeezed(SCHEMAS) + squeezed(PROGRAMS) + squeezed(EXAMPLE);

    List<String> blocks = new ArrayList<>();
    BLOCK.matcher(page.text).results().forEach(m -> blocks.add(squeezed(m.group(1))));

    assertThat(blocks)
        .hasSizeGreaterThan(moreThan)
        .allSatisfy(b -> assertThat(sources).contains(b));
  }

  private static String squeezed(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(GuidePage::text)
          .map(GuidePage::squeezed)
          .collect(joined());
    }
  }

  /** Apart, so that no excerpt spans two files. */
  private static Collector<CharSequence, ?, String> joined() {
    return Collectors.joining("\n", "", "\n");
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
