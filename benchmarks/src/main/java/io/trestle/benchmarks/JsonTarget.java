package io.trestle.benchmarks;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --json FILE}: the results for programs; {@code -} is standard output. */
final class JsonTarget {
  @Spec(Spec.Target.MIXEE)
  CommandSpec spec = CommandSpec.create();

  private static final Path STANDARD_OUTPUT = Path.of("-");

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Writes the results as JSON; - is standard output, the table then goes to err.")
  @Nullable Path file;

  /** Refuses a file that cannot be written, before anything is measured. */
  void check() {
    if (file == null || file.equals(STANDARD_OUTPUT)) {
      return;
    }
    Path target = file.toAbsolutePath();
    Path parent = target.getParent();
    if (parent == null || !Files.isDirectory(parent) || Files.isDirectory(target)) {
      throw new ParameterException(
          spec.commandLine(), "--json: " + file + " (expected: a file in an existing directory)");
    }
  }

  /** Writes the file, if one was asked for. */
  void write(List<Result> results) {
    if (file == null) {
      return;
    }
    if (file.equals(STANDARD_OUTPUT)) {
      spec.commandLine().getOut().println(json(results).encodePrettily());
      return;
    }
    try {
      Files.writeString(file, json(results).encodePrettily() + "\n");
    } catch (IOException e) {
      throw new BenchException(file + ": cannot be written: " + e, e);
    }
  }

  /** Whether standard output belongs to the JSON value; also where arguments cannot be parsed. */
  static boolean isStandardOutput(String[] args) {
    return String.join("\n", args).matches("(?s)(.*\n)?--json[=\n]-(\n.*)?");
  }

  static JsonObject json(List<Result> results) {
    JsonArray array = new JsonArray();
    results.forEach(result -> array.add(result.json()));
    return new JsonObject().put("results", array);
  }
}
