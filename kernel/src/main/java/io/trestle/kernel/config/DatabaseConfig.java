package io.trestle.kernel.config;

import org.jspecify.annotations.Nullable;

/**
 * {@code database:} of the configuration.
 *
 * @param provider PostgreSQL from this distribution, or one at a URL
 * @param url DSN; only with the provider {@code url}, and then required
 * @param allowUnsafe start although fsync, full_page_writes or synchronous_commit is off, with a
 *     warning each time
 */
public record DatabaseConfig(
    @Default("embedded") Provider provider,
    @Secret(dsn = true) @Nullable String url,
    @Default("false") boolean allowUnsafe) {

  /** Refuses a provider without what it needs. */
  public DatabaseConfig {
    if (provider == Provider.URL && (url == null || url.isBlank())) {
      throw new IllegalArgumentException(
          "url: missing (expected: a PostgreSQL URL, because database.provider is url)");
    }
    if (provider == Provider.EMBEDDED && url != null) {
      throw new IllegalArgumentException(
          "url: set (expected: none, because database.provider is embedded; or database.provider: url)");
    }
  }

  /** Where PostgreSQL comes from. */
  public enum Provider {
    EMBEDDED,
    URL
  }
}
