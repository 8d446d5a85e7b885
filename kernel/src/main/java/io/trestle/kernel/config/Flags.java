package io.trestle.kernel.config;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says about the configuration.
 *
 * @param databaseUrl {@code --pg-url}
 * @param state directory of the state; {@code TRESTLE_STATE} when null
 * @param settings {@code --set key=value}: runtime settings of this process only
 */
public record Flags(
    @Nullable String databaseUrl, @Nullable Path state, Map<String, String> settings) {
  /** No flags. */
  public static final Flags NONE = new Flags(null, null, Map.of());

  /** Takes a copy of the settings. */
  public Flags {
    settings = Map.copyOf(settings);
  }
}
