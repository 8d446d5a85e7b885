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

/** {@code --json FILE}: the results for programs. */
final class JsonTarget {
  @Spec(Spec.Target.MIXEE)
  CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the results as JSON.")
  @Nullable Path file;

  /** Refuses a file that cannot be written, before anything is measured. */
  void check() {
    if (file == null) {
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
    try {
      Files.writeString(file, json(results).encodePrettily() + "\n");
    } catch (IOException e) {
      throw new BenchException(file + ": cannot be written: " + e, e);
    }
  }

  static JsonObject json(List<Result> results) {
    JsonArray array = new JsonArray();
    results.forEach(result -> array.add(result.json()));
    return new JsonObject().put("results", array);
  }
}
