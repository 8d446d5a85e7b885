package io.trestle.kernel.config;

/**
 * The configuration cannot be used. The message is written for the person at the terminal: {@code
 * file: key: found (expected: what is allowed)}; it never holds a secret.
 */
public final class ConfigurationException extends RuntimeException {
  private final String source;
  private final String key;

  /**
   * @param source file, variable or flag that is wrong
   * @param key dotted path; empty for the whole
   * @param problem what was found and what was expected
   */
  public ConfigurationException(String source, String key, String problem) {
    super(key.isEmpty() ? source + ": " + problem : source + ": " + key + ": " + problem);
    this.source = source;
    this.key = key;
  }

  /** File, variable or flag that is wrong. */
  public String source() {
    return source;
  }

  /** Dotted path of the key; empty for the whole. */
  public String key() {
    return key;
  }
}
