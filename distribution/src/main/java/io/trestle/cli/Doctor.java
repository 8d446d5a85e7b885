package io.trestle.cli;

import io.trestle.cli.DatabaseProbe.Answer;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.ConfigurationException;
import io.trestle.kernel.config.DatabaseConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Looks at everything that a start needs and says what is wrong and what to do. It holds no port,
 * writes nothing and changes nothing.
 */
final class Doctor {
  private static final int OLDEST_JAVA = 17;
  private static final Duration SKEW = Duration.ofSeconds(5);

  private final Supplier<Configuration> load;
  private final Path stateRoot;
  private final InstantSource clock;
  private final List<Finding> findings = new ArrayList<>();

  Doctor(Supplier<Configuration> load, Path stateRoot, InstantSource clock) {
    this.load = load;
    this.stateRoot = stateRoot;
    this.clock = clock;
  }

  List<Finding> examine() {
    findings.add(java(Runtime.version()));
    findings.addAll(new StateProbe(stateRoot).look());
    try {
      Configuration configuration = load.get();
      findings.add(
          Finding.good("configuration", "modules " + String.join(", ", configuration.modules())));
      Map<String, String> stored = database(configuration);
      findings.addAll(new PortProbe(stateRoot).look(key -> setting(configuration, stored, key)));
    } catch (ConfigurationException e) {
      findings.add(
          Finding.problem("configuration", String.valueOf(e.getMessage()), "correct the file"));
    }
    return List.copyOf(findings);
  }

  static Finding java(Runtime.Version version) {
    return version.feature() >= OLDEST_JAVA
        ? Finding.good("java", "Java " + version)
        : Finding.problem(
            "java",
            "Java %s (expected: %d or newer)".formatted(version, OLDEST_JAVA),
            "install a newer JDK, or set JAVA_HOME to one");
  }

  /** What is stored there about ports; nothing where nobody answered. */
  private Map<String, String> database(Configuration configuration) {
    DatabaseConfig config = configuration.database();
    String url = config.url();
    if (url == null) {
      findings.add(Finding.good("database", "embedded, data in " + stateRoot.resolve("embedded")));
      return Map.of();
    }
    try (DatabaseProbe probe = new DatabaseProbe()) {
      Answer answer = probe.ask(url, config.allowUnsafe(), clock);
      findings.add(answer.finding());
      answer.clock().ifPresent(there -> findings.add(clock(there)));
      return answer.settings();
    }
  }

  private Finding clock(Instant there) {
    Duration skew = Duration.between(there, clock.instant());
    return skew.abs().compareTo(SKEW) <= 0
        ? Finding.good("clock", "agrees with the database")
        : Finding.problem(
            "clock",
            "%d s %s the database's (expected: within %d s)"
                .formatted(
                    skew.abs().toSeconds(),
                    skew.isNegative() ? "behind" : "ahead of",
                    SKEW.toSeconds()),
            "synchronise the clocks of both machines (NTP)");
  }

  private static String setting(
      Configuration configuration, Map<String, String> stored, String key) {
    String flag = configuration.settings().get(key);
    return flag != null ? flag : stored.getOrDefault(key, "");
  }
}
