package io.trestle.conformance;

import io.trestle.testing.TestKernel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs scenarios for every pair of languages on a kernel of its own (wire.md 8.6). Arguments:
 * {@code --agent name=command} for each language besides Java, and files of scenarios, if not those
 * of this module. Prints a line for each step; the exit code is 1 if one failed.
 */
public final class Conformance {
  /** The service that calls. */
  public static final String CALLER = "e2e-conformance-1";

  /** The service that is called. */
  public static final String CALLEE = "e2e-conformance-2";

  private static final String AGENT = "--agent";

  private Conformance() {}

  /** See the class. */
  public static void main(String[] args) throws IOException, InterruptedException {
    System.setProperty("logback.configurationFile", Language.LOGGING);
    List<Language> languages = new ArrayList<>(List.of(Language.java()));
    List<Scenario> scenarios = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals(AGENT) && i + 1 < args.length) {
        languages.add(Language.parse(args[++i]));
      } else {
        try (InputStream in = Files.newInputStream(Path.of(args[i]))) {
          scenarios.add(Scenario.read(in));
        }
      }
    }
    List<Outcome> outcomes;
    try (TestKernel kernel = TestKernel.start()) {
      outcomes = run(kernel, languages, scenarios.isEmpty() ? Scenario.ours() : scenarios);
    }
    outcomes.forEach(System.out::println);
    System.exit(outcomes.stream().allMatch(Outcome::passed) ? 0 : 1);
  }

  /** Runs all scenarios for all pairs, one after the other. */
  public static List<Outcome> run(
      TestKernel kernel, List<Language> languages, List<Scenario> scenarios)
      throws IOException, InterruptedException {
    Path schema = Files.createTempFile("conformance-", ".proto");
    try {
      copySchema(schema);
      PairRun.Fleet fleet =
          new PairRun.Fleet(kernel.grpc(), kernel.service(CALLER), kernel.service(CALLEE), schema);
      List<Outcome> outcomes = new ArrayList<>();
      for (Language caller : languages) {
        for (Language callee : languages) {
          outcomes.addAll(new PairRun(fleet, scenarios, caller, callee).run());
        }
      }
      return outcomes;
    } finally {
      Files.deleteIfExists(schema);
    }
  }

  private static void copySchema(Path target) throws IOException {
    try (InputStream in = Conformance.class.getResourceAsStream("conformance.proto")) {
      if (in == null) {
        throw new IOException("conformance.proto is missing");
      }
      Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
