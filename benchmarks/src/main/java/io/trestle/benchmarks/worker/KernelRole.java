package io.trestle.benchmarks.worker;

import io.trestle.kernel.Module;
import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import io.trestle.kernel.state.AdminToken;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A kernel with an embedded database and ports of its own. It deletes its directory when it ends,
 * so that nothing is left even when the runner was killed.
 */
class KernelRole implements Role {
  private static final String LOOP = "vert.x-eventloop-thread-";
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
  private static final String MODULES =
      """
      modules:
        pki:
        registry:
        rpc:
        events:
        traces:
      """;

  private @Nullable Trestle kernel;
  private @Nullable Path directory;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return switch (command) {
      case "start" -> start(Path.of(arguments.getString("directory")));
      case "loops" -> loops();
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  /** Processor time of the event loops so far. */
  private static JsonObject loops() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long nanos =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith(LOOP))
            .mapToLong(thread -> threads.getThreadCpuTime(thread.getId()))
            .sum();
    return new JsonObject().put("nanos", nanos);
  }

  /** Modules beside those of the house. */
  List<Module> further() {
    return List.of();
  }

  private JsonObject start(Path root) {
    directory = root;
    Configuration configuration = configuration(root);
    TrestleOptions options = TrestleOptions.of(configuration, root);
    List<Module> modules = new ArrayList<>(options.modules());
    modules.addAll(further());
    Trestle started = Waiting.on(Trestle.start(options.withModules(modules)));
    kernel = started;
    return new JsonObject()
        .put("grpc", started.grpc().get(0))
        .put("http", started.http().get(0))
        .put("token", started.state().resolve(AdminToken.FILE).toString());
  }

  private Configuration configuration(Path root) {
    StringBuilder yaml = new StringBuilder(MODULES);
    further().forEach(module -> yaml.append("  ").append(module.name()).append(":\n"));
    Map<String, String> settings =
        Map.of(
            "network.grpc_host", "127.0.0.1",
            "network.grpc_port", "0",
            "network.ui_host", "127.0.0.1",
            "network.ui_port", "0",
            "network.obsexport_port", "0");
    return Configuration.parse(
        yaml.toString(), "benchmark", Map.of(), new Flags(null, root, settings));
  }

  @Override
  public void close() {
    Trestle running = kernel;
    if (running != null) {
      Waiting.on(running.stop(), STOP_LIMIT);
    }
    Path root = directory;
    if (root != null) {
      delete(root);
    }
  }

  private static void delete(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      System.err.println(root + ": cannot be deleted: " + e);
    }
  }
}
