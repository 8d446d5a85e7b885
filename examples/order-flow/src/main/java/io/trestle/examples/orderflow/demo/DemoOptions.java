package io.trestle.examples.orderflow.demo;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the demo is asked for.
 *
 * @param once end after the report, with a verdict
 * @param json print one JSON value on standard output, and everything else on standard error
 * @param orders a file of the user's own
 * @param state the state root of the checkout; the demo keeps to a directory of its own below it
 */
record DemoOptions(boolean once, boolean json, Optional<Path> orders, Path state) {
  static final String USAGE = "demo [--once] [--orders FILE] [--state DIR] [-o FORMAT]";

  /**
   * Reads arguments and environment.
   *
   * @throws DemoException when they make no sense
   */
  static DemoOptions parse(String[] args, Map<String, String> environment, Path home) {
    boolean once = false;
    boolean json = false;
    Optional<Path> orders = Optional.empty();
    Path state = defaultState(environment, home);
    for (Iterator<String> rest = words(args); rest.hasNext(); ) {
      String word = rest.next();
      switch (word) {
        case "--once", "-once" -> once = true;
        case "--orders", "-orders" -> orders = Optional.of(path(word, rest));
        case "--state", "-state" -> state = path(word, rest);
        case "-o", "--output" -> json = isJson(value(word, rest));
        default -> throw DemoException.usage(word + ": unknown (expected: " + USAGE + ")");
      }
    }
    return new DemoOptions(once, json, orders, state.toAbsolutePath().normalize());
  }

  /** {@code --name=value} as two words. */
  private static Iterator<String> words(String[] args) {
    return Arrays.stream(args)
        .flatMap(
            arg -> arg.startsWith("-") ? Arrays.stream(arg.split("=", 2)) : List.of(arg).stream())
        .iterator();
  }

  private static String value(String option, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw DemoException.usage(option + ": without a value (expected: " + USAGE + ")");
    }
    return rest.next();
  }

  private static boolean isJson(String format) {
    return switch (format.toLowerCase(Locale.ROOT)) {
      case "json" -> true;
      case "text", "table" -> false;
      default -> throw DemoException.usage("-o: " + format + " (expected: text, table or json)");
    };
  }

  private static Path path(String option, Iterator<String> rest) {
    String text = value(option, rest);
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw DemoException.usage(option + ": " + text + " (expected: a path)");
    }
  }

  private static Path defaultState(Map<String, String> environment, Path home) {
    String variable = environment.getOrDefault("TRESTLE_STATE", "");
    return variable.isBlank() ? home.resolve(".trestle") : Path.of(variable);
  }
}
