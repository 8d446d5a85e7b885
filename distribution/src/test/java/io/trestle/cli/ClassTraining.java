package io.trestle.cli;

import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Contract;
import io.trestle.sdk.EventType;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Loads what the processes of tests load, kernels and workers alike; for {@link ClassArchive}. */
final class ClassTraining {
  private static final Map<String, String> FREE_PORTS =
      Map.of("network.grpc_port", "0", "network.ui_port", "0");

  private ClassTraining() {}

  /** Runs once; ends with 0 when all went well. */
  public static void main(String[] args) throws Exception {
    Path state = Files.createTempDirectory("trestle-class-training-");
    Configuration configuration =
        Configuration.load(
            KernelProcess.HOME.resolve("conf/trestle.yaml"),
            Map.of(),
            new Flags(null, state, FREE_PORTS));
    Trestle kernel =
        Trestle.start(TrestleOptions.of(configuration, state)).toCompletableFuture().join();
    try {
      useAsServices(state, kernel.grpc().get(0).replaceFirst(".*:", "127.0.0.1:"));
    } finally {
      kernel.stop().toCompletableFuture().join();
      delete(state);
    }
    System.exit(0);
  }

  private static void useAsServices(Path state, String grpc) throws InterruptedException {
    CountDownLatch handled = new CountDownLatch(1);
    ServiceBridge server =
        ServiceBridge.builder(grpc, key(state, "server")).advertise("127.0.0.1", 0).build();
    server.events().handle("trained.*", (payload, context) -> handled.countDown());
    server
        .rpc()
        .handleAsync(
            "call",
            Contract.NONE,
            (request, context) -> CompletableFuture.completedFuture(request));
    server.start();
    ServiceBridge user = ServiceBridge.builder(grpc, key(state, "user")).callerOnly().build();
    user.service("server", ServiceDeps.rpc("call"));
    EventType<byte[]> type = user.events().define("trained.once");
    user.start();
    type.publishAsync(new byte[1]).join();
    handled.await(20, TimeUnit.SECONDS);
    for (Transport transport : Transport.values()) {
      CallOptions options = CallOptions.timeoutOf(Duration.ofSeconds(20)).withTransport(transport);
      user.rpc().callAsync("server", "call", new byte[1], options).join();
    }
    user.stop();
    server.stop();
  }

  private static String key(Path state, String service) {
    return CliRun.of(state, "service", "create", service, "-o", "json")
        .json()
        .path("api_key")
        .asText();
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }
}
