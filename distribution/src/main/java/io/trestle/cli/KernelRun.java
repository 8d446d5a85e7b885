package io.trestle.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trestle.kernel.StartFailure;
import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.ConfigurationException;
import io.trestle.kernel.config.DatabaseConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel as this process: start, ready line, signals, end. What the library must not do is done
 * here: signals are heard and the process is ended.
 *
 * <p>The first signal drains and stops. A stop that takes longer than it may is cut off: the
 * process is gone 5 s after the signal (later only when {@code grpc.shutdown_timeout_ms} asks for
 * it), and what that leaves behind is what a kill -9 leaves, which the next start cleans up. The
 * second signal ends at once. A signal before the kernel is ready ends a start on a given database
 * at once, since nothing outside this process was started; with the embedded one the start is
 * cancelled, which stops PostgreSQL in order. Either way the process failed to become a kernel.
 */
final class KernelRun {
  private static final Logger LOG = LoggerFactory.getLogger(KernelRun.class);
  private static final Duration GONE = Duration.ofMillis(4_800);
  private static final Duration BEYOND_LIMIT = Duration.ofMillis(1_800);
  private static final int SIGNAL_EXIT = 128;
  private static final String NEVER_READY = "stopped before it was ready";

  private final Cli cli;
  private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
  private final CompletableFuture<Trestle> starting = new CompletableFuture<>();
  private final boolean embedded;
  private final AtomicInteger signals = new AtomicInteger();

  private KernelRun(Cli cli, boolean embedded) {
    this.cli = cli;
    this.embedded = embedded;
  }

  /** Runs a kernel until it ends; returns the exit code. */
  static int serve(Cli cli, Supplier<Configuration> load) {
    return run(cli, () -> options(cli, load.get()));
  }

  /** The same with options of any kind: tests shorten the times that are constants. */
  static int run(Cli cli, Supplier<TrestleOptions> load) {
    try {
      TrestleOptions options = load.get();
      DatabaseConfig.Provider provider = options.configuration().database().provider();
      KernelRun process = new KernelRun(cli, provider == DatabaseConfig.Provider.EMBEDDED);
      Signals.listen(process::signal); // before anything is started that outlives this process
      return process.run(options);
    } catch (ConfigurationException | StartFailure | CompletionException e) {
      throw failure(e);
    }
  }

  /** Applies schema and settings; returns the exit code. */
  static int migrate(Cli cli, Supplier<Configuration> load) {
    try {
      Trestle.migrate(options(cli, load.get())).toCompletableFuture().join();
    } catch (ConfigurationException | StartFailure | CompletionException e) {
      throw failure(e);
    }
    cli.terminal().result("schema and settings are current", Json.object().put("migrated", true));
    return ExitCode.DONE.number();
  }

  private static TrestleOptions options(Cli cli, Configuration configuration) {
    return TrestleOptions.of(configuration, configuration.stateRoot(cli.home()));
  }

  private int run(TrestleOptions options) {
    Trestle kernel = started(options);
    if (signals.get() == 0) {
      sayReady(kernel);
    }
    String reason = kernel.ended().toCompletableFuture().join();
    if (!reason.isEmpty()) {
      throw CliFailure.failed("aborted", "the kernel ended: " + reason);
    }
    return ExitCode.DONE.number();
  }

  private Trestle started(TrestleOptions options) {
    Trestle.start(options, cancelled)
        .whenComplete(
            (kernel, failure) -> {
              if (failure == null) {
                starting.complete(kernel);
              } else {
                starting.completeExceptionally(failure);
              }
            });
    try {
      return starting.join();
    } catch (CompletionException e) {
      if (signals.get() == 0) {
        throw e;
      }
      LOG.debug("start ended after a signal", e);
      throw CliFailure.failed("aborted", NEVER_READY);
    }
  }

  private void sayReady(Trestle kernel) {
    ObjectNode json = Json.object().put("pid", ProcessHandle.current().pid());
    kernel.grpc().forEach(json.putArray("grpc")::add);
    kernel.http().forEach(json.putArray("http")::add);
    json.put("state", kernel.state().toString());
    String text =
        "ready: gRPC %s, HTTP %s, state %s"
            .formatted(
                String.join(" ", kernel.grpc()), String.join(" ", kernel.http()), kernel.state());
    cli.terminal().result(text, json);
  }

  private void signal(int number) {
    if (signals.incrementAndGet() > 1) {
      LOG.warn("second signal, ending at once signal={}", number);
      Runtime.getRuntime().halt(SIGNAL_EXIT + number);
    }
    LOG.info("signal received, stopping signal={}", number);
    if (!starting.isDone() && !embedded) {
      cli.terminal().note("trestle: " + NEVER_READY);
      Runtime.getRuntime().halt(ExitCode.FAILED.number());
    }
    haltAfter(GONE, () -> starting.isDone() ? extension() : Duration.ZERO);
    cancelled.complete(null);
    var unused = starting.thenCompose(Trestle::stop);
  }

  /** How much longer than usual the kernel may take because its settings say so. */
  private Duration extension() {
    Duration asked = starting.join().shutdownTimeout().plus(BEYOND_LIMIT);
    return asked.compareTo(GONE) > 0 ? asked.minus(GONE) : Duration.ZERO;
  }

  private static void haltAfter(Duration time, Supplier<Duration> extension) {
    CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              Duration more = extension.get();
              if (more.isZero()) {
                LOG.error("the stop took too long, ending the process");
                Runtime.getRuntime().halt(ExitCode.FAILED.number());
              }
              haltAfter(more, () -> Duration.ZERO);
            });
  }

  private static CliFailure failure(RuntimeException e) {
    Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
    LOG.debug("start failed", cause);
    if (cause instanceof CliFailure known) {
      return known;
    }
    boolean configuration =
        cause instanceof ConfigurationException
            || cause.getCause() instanceof ConfigurationException;
    String text = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return CliFailure.failed(configuration ? "invalid_argument" : "failed_precondition", text);
  }
}
