package io.trestle.kernel;

import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.gateway.GatewayOptions;
import io.trestle.kernel.pipeline.PipelineOptions;
import io.trestle.kernel.settings.RuntimeSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/**
 * How a kernel is started.
 *
 * @param configuration what the file, the environment and the flags say
 * @param stateRoot directory of the state, see {@code foundation.md} 1.2
 * @param modules every module on the class path; the configuration says which are enabled
 * @param clock time of the house
 * @param database times of the database provider
 * @param pipeline bounds of the write pipeline
 * @param gateway bounds of the gRPC listener
 * @param poll how often settings, services and policies are read when no notification came
 * @param progress hears lines for the person at the terminal
 */
public record TrestleOptions(
    Configuration configuration,
    Path stateRoot,
    List<Module> modules,
    Clock clock,
    DatabaseOptions database,
    PipelineOptions pipeline,
    GatewayOptions gateway,
    Duration poll,
    Consumer<String> progress) {

  /** The defaults of the specification, with the modules that the class path offers. */
  public static TrestleOptions of(Configuration configuration, Path stateRoot) {
    List<Module> modules =
        ServiceLoader.load(Module.class, TrestleOptions.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    int loops = Math.max(1, Runtime.getRuntime().availableProcessors());
    return new TrestleOptions(
        configuration,
        stateRoot,
        modules,
        Clock.system(),
        DatabaseOptions.standard(),
        PipelineOptions.defaults(),
        GatewayOptions.defaults(loops),
        RuntimeSettings.POLL_INTERVAL,
        line -> {});
  }

  /** The same, telling a person what happens. */
  public TrestleOptions withProgress(Consumer<String> listener) {
    return new TrestleOptions(
        configuration, stateRoot, modules, clock, database, pipeline, gateway, poll, listener);
  }

  /** The same with another clock. */
  public TrestleOptions withClock(Clock other) {
    return new TrestleOptions(
        configuration, stateRoot, modules, other, database, pipeline, gateway, poll, progress);
  }

  /** The same with other times of the database provider. */
  public TrestleOptions withDatabase(DatabaseOptions other) {
    return new TrestleOptions(
        configuration, stateRoot, modules, clock, other, pipeline, gateway, poll, progress);
  }

  /** The same with other bounds of the gRPC listener. */
  public TrestleOptions withGateway(GatewayOptions other) {
    return new TrestleOptions(
        configuration, stateRoot, modules, clock, database, pipeline, other, poll, progress);
  }

  /** The same with another poll. */
  public TrestleOptions withPoll(Duration other) {
    return new TrestleOptions(
        configuration, stateRoot, modules, clock, database, pipeline, gateway, other, progress);
  }

  /** The same with other modules on offer. */
  public TrestleOptions withModules(List<Module> others) {
    return new TrestleOptions(
        configuration, stateRoot, others, clock, database, pipeline, gateway, poll, progress);
  }
}
