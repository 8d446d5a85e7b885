package io.trestle.conformance;

import io.trestle.conformance.agent.Agent;
import java.nio.file.Path;
import java.util.List;

/**
 * An SDK that takes part.
 *
 * @param name how reports call it
 * @param command what starts its agent
 */
public record Language(String name, List<String> command) {

  static final String LOGGING = "io/trestle/conformance/logback.xml";

  /** Copies the command. */
  public Language {
    command = List.copyOf(command);
  }

  /** Our Java SDK, with the class path of this process. */
  public static Language java() {
    return new Language(
        "java",
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dlogback.configurationFile=" + LOGGING,
            "-cp",
            System.getProperty("java.class.path"),
            Agent.class.getName()));
  }

  /**
   * Of an argument, {@code name=command with arguments}.
   *
   * @throws IllegalArgumentException if it is not of this form
   */
  public static Language parse(String argument) {
    int equals = argument.indexOf('=');
    if (equals < 1 || equals == argument.length() - 1) {
      throw new IllegalArgumentException("agent: " + argument + " (expected: name=command)");
    }
    List<String> words = List.of(argument.substring(equals + 1).strip().split("\\s+"));
    return new Language(argument.substring(0, equals), words);
  }
}
