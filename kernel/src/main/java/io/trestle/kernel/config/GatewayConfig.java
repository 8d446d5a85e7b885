package io.trestle.kernel.config;

import java.util.List;

/**
 * {@code gateway:} of the configuration.
 *
 * @param names further DNS names of this runtime, put into its certificate
 */
public record GatewayConfig(List<String> names) {

  /** Refuses what cannot be a DNS name. */
  public GatewayConfig {
    for (int i = 0; i < names.size(); i++) {
      if (!names.get(i).matches("[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")) {
        throw new IllegalArgumentException(
            "names[%d]: %s (expected: a DNS name)".formatted(i, names.get(i)));
      }
    }
    names = List.copyOf(names);
  }
}
