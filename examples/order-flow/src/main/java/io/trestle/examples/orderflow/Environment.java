package io.trestle.examples.orderflow;

import java.util.Map;
import java.util.function.Function;

/**
 * The environment of a service. Secrets come this way because a command line can be read by
 * everybody on the machine.
 */
public final class Environment {
  /** The runtime, {@code host:port}. */
  public static final String RUNTIME = "ORDER_FLOW_RUNTIME";

  /** The bootstrap key of the service. */
  public static final String KEY = "ORDER_FLOW_KEY";

  /** The port of the storefront's HTTP server. */
  public static final String HTTP_PORT = "ORDER_FLOW_HTTP_PORT";

  /** The database of the service: JDBC URL. */
  public static final String DATABASE_URL = "ORDER_FLOW_DB_URL";

  /** The user of the database. */
  public static final String DATABASE_USER = "ORDER_FLOW_DB_USER";

  /** The password of the user. */
  public static final String DATABASE_PASSWORD = "ORDER_FLOW_DB_PASSWORD";

  private final Function<String, String> variables;

  private Environment(Map<String, String> variables) {
    this.variables = name -> variables.getOrDefault(name, "");
  }

  /** That of this process. */
  public static Environment ofProcess() {
    return new Environment(System.getenv());
  }

  /** A given one. */
  public static Environment of(Map<String, String> variables) {
    return new Environment(Map.copyOf(variables));
  }

  /**
   * A variable that must be set.
   *
   * @throws IllegalStateException naming it
   */
  public String text(String name) {
    String value = variables.apply(name);
    if (value.isBlank()) {
      throw new IllegalStateException(name + ": not set (expected: a value in the environment)");
    }
    return value;
  }

  /**
   * A port that must be set; 0 for a free one.
   *
   * @throws IllegalStateException naming it
   */
  public int port(String name) {
    String text = text(name);
    if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65_535) {
      throw new IllegalStateException(name + ": " + text + " (expected: 0 to 65535)");
    }
    return Integer.parseInt(text);
  }
}
