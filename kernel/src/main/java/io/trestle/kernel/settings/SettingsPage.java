package io.trestle.kernel.settings;

import java.util.Collection;

/** Writes the page of the settings for people, {@code docs/settings.md}, from the catalog. */
public final class SettingsPage {
  private static final String HEAD =
      """
      # Runtime settings

      Generated from the catalog of the kernel; a test compares it and rewrites it with `-Dtrestle.docs=write`.

      Rows of the table `runtime_settings`. `./trestle settings set KEY VALUE` checks and stores one, and a change by SQL
      is seen as well; a bad value is ignored with a warning and the last good one stays. `--set KEY=VALUE` overrides one
      for a process without storing it. A change of a key marked *restart* waits for the next start. Times are
      milliseconds; lists are separated by commas, and a range holds for each element. What has *no effect yet* is stored and
      checked, and waits for the part that will read it.

      | Key | Type | Default | Min | Max | Restart | What it does |
      |---|---|---|--:|--:|---|---|
      """;

  private SettingsPage() {}

  /** The page as Markdown. */
  public static String render(Collection<? extends SettingKey<?>> keys) {
    StringBuilder page = new StringBuilder(HEAD);
    for (SettingKey<?> key : keys) {
      page.append(row(key));
    }
    return page.toString();
  }

  private static String row(SettingKey<?> key) {
    return "| `%s` | %s | %s | %s | %s | %s | %s |%n"
        .formatted(
            key.name(),
            key.type().equals("enum") ? key.allowed() : key.type(),
            key.defaultText().isEmpty() ? "empty" : "`" + key.defaultText() + "`",
            key.min(),
            key.max(),
            key.restart() ? "yes" : "",
            key.description())
        .replace(System.lineSeparator(), "\n");
  }
}
