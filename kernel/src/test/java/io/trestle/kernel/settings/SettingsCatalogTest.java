package io.trestle.kernel.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the catalog with the one table of the specification, row by row. */
class SettingsCatalogTest {
  private static final Path SPECIFICATION = Path.of("..", "docs", "spec", "console.md");
  private static final Path PAGE = Path.of("..", "docs", "settings.md");
  private static final List<Class<?>> HOLDERS =
      List.of(
          ConsoleSettings.class,
          EventSettings.class,
          ExportSettings.class,
          IdentitySettings.class,
          JobSettings.class,
          NetworkSettings.class,
          RpcSettings.class,
          TelemetrySettings.class,
          WorkflowSettings.class);
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  private record Row(
      String key, String type, String defaultText, String min, String max, boolean restart) {}

  private static List<Row> specified() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(SPECIFICATION)) {
      String[] cells = line.split("\\|", -1);
      if (cells.length == 9 && cells[1].strip().matches("`[a-z]+\\..*`")) {
        for (Matcher key = CODE.matcher(cells[1]); key.find(); ) {
          rows.add(row(key.group(1), cells));
        }
      }
    }
    return rows;
  }

  private static Row row(String key, String[] cells) {
    return new Row(
        key,
        cells[2].replace("`", "").replace(" /", " or").strip(),
        plain(cells[3]),
        plain(cells[4]),
        plain(cells[5]),
        cells[6].strip().equals("yes"));
  }

  private static String plain(String cell) {
    String text = cell.replaceAll("\\(.*\\)", "").replace("`", "").strip();
    if (text.equals("empty") || text.equals("–")) {
      return "";
    }
    return text.matches("[0-9][0-9 \u00a0\u202f]*") ? text.replaceAll("[^0-9]", "") : text;
  }

  private static Row declared(SettingKey<?> key) {
    return new Row(
        key.name(),
        key.type().equals("enum") ? key.allowed() : key.type(),
        key.defaultText(),
        key.min(),
        key.max(),
        key.restart());
  }

  @Test
  @Acceptance("CO-42")
  void catalog_isTheTableOfTheSpecification() throws IOException {
    List<Row> specified = specified();

    assertThat(specified).hasSizeGreaterThan(70);
    assertThat(SettingsCatalog.all().stream().map(SettingsCatalogTest::declared))
        .containsExactlyInAnyOrderElementsOf(specified);
  }

  @Test
  void catalog_everyKeyIsDescribed() {
    assertThat(SettingsCatalog.all())
        .allSatisfy(key -> assertThat(key.description()).endsWith("."))
        .extracting(SettingKey::name)
        .doesNotHaveDuplicates();
  }

  @Test
  void catalog_saysOfWhichKeysThatNothingReadsThem() throws IOException, IllegalAccessException {
    String sources = sources();
    for (Class<?> holder : HOLDERS) {
      for (Field field : holder.getFields()) {
        SettingKey<?> key = (SettingKey<?>) field.get(null);
        boolean read = sources.contains(holder.getSimpleName() + "." + field.getName());

        assertThat(key.description().startsWith(SettingKey.NO_EFFECT))
            .as("%s", key)
            .isNotEqualTo(read);
      }
    }
  }

  /** What can read a setting: the programs, without the catalog. */
  private static String sources() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      for (Path file : files.filter(SettingsCatalogTest::isProgram).toList()) {
        all.append(Files.readString(file).replaceAll("\\s+", ""));
      }
    }
    return all.toString();
  }

  private static boolean isProgram(Path file) {
    String path = file.toString();
    return path.endsWith(".java")
        && path.contains("/src/main/")
        && !path.contains("/io/trestle/kernel/settings/");
  }

  @Test
  void page_isWhatTheCatalogSays() throws IOException {
    String rendered = SettingsPage.render(SettingsCatalog.all());
    if ("write".equals(System.getProperty("trestle.docs"))) {
      Files.writeString(PAGE, rendered);
    }

    assertThat(PAGE).hasContent(rendered);
  }
}
