package io.trestle.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What is done with the arguments before they are parsed. */
final class Arguments {
  private static final Set<String> WITH_VALUE =
      Set.of("-o", "--output", "--addr", "--token-file", "--state");
  private static final Set<String> VERSION = Set.of("-V", "--version");

  /** Flags that are also known with one dash, as Go programs write them. */
  private static final Set<String> ONE_DASH =
      Set.of(
          "-pg-url",
          "-migrate",
          "-config",
          "-set",
          "-addr",
          "-state",
          "-token-file",
          "-version",
          "-help");

  private static final Set<String> HELP = Set.of("-h", "--help");

  private Arguments() {}

  /** The arguments as the parser knows them: with a command, long flags with two dashes. */
  static List<String> normal(List<String> given) {
    return withCommand(given.stream().map(Arguments::twoDashes).toList());
  }

  private static String twoDashes(String argument) {
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument : argument.substring(0, equals);
    return ONE_DASH.contains(name) ? "-" + argument : argument;
  }

  /**
   * The arguments with a command: flags without one mean {@code serve}. Global options may stand
   * before a command, so these are passed over.
   */
  private static List<String> withCommand(List<String> given) {
    int i = 0;
    while (i < given.size() && isGlobal(given.get(i))) {
      i += WITH_VALUE.contains(given.get(i)) ? 2 : 1;
    }
    String first = i < given.size() ? given.get(i) : "-";
    if (VERSION.contains(first)) {
      return replaced(given, i, "version");
    }
    if (first.equals("help")) {
      return replaced(given, i, "--help");
    }
    return first.startsWith("-") && !HELP.contains(first) ? served(given) : given;
  }

  private static List<String> replaced(List<String> given, int index, String argument) {
    List<String> changed = new ArrayList<>(given);
    changed.set(index, argument);
    return changed;
  }

  private static List<String> served(List<String> given) {
    List<String> full = new ArrayList<>(given);
    full.add(0, "serve");
    return full;
  }

  private static boolean isGlobal(String argument) {
    int equals = argument.indexOf('=');
    return WITH_VALUE.contains(equals < 0 ? argument : argument.substring(0, equals));
  }

  /** Whether JSON was asked for; also where the arguments cannot be parsed. */
  static boolean wantJson(List<String> given) {
    for (int i = 0; i < given.size(); i++) {
      String argument = given.get(i);
      boolean option = argument.equals("-o") || argument.equals("--output");
      if (option && i + 1 < given.size() && given.get(i + 1).equalsIgnoreCase("json")) {
        return true;
      }
      if (argument.equalsIgnoreCase("-o=json")
          || argument.equalsIgnoreCase("-ojson")
          || argument.equalsIgnoreCase("--output=json")) {
        return true;
      }
    }
    return false;
  }
}
