package io.trestle.kernel.settings;

import java.util.List;
import java.util.stream.Stream;

/**
 * Every key of the settings table of the specification (console.md 3), in its order by area. All of
 * them are seeded, whichever modules are enabled; modules add keys of their own.
 */
public final class SettingsCatalog {
  private static final List<SettingKey<?>> ALL =
      Stream.of(
              NetworkSettings.ALL,
              IdentitySettings.ALL,
              RpcSettings.ALL,
              EventSettings.ALL,
              JobSettings.ALL,
              WorkflowSettings.ALL,
              TelemetrySettings.ALL,
              ConsoleSettings.ALL,
              ExportSettings.ALL)
          .<SettingKey<?>>flatMap(List::stream)
          .toList();

  private SettingsCatalog() {}

  /** The keys, in the order in which they are listed. */
  public static List<SettingKey<?>> all() {
    return ALL;
  }
}
