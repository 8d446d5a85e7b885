package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.sdk.Contract;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.TraceItem;
import io.trestle.sdk.TraceStream;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.WatchOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of a kernel in the middle of a trace stream. */
@Timeout(180)
class TraceCrashTest {
  private static final int CHUNKS = 900;

  @TempDir Path state;

  private final TestDatabase database = TestDatabase.migrated();
  private final CompletableFuture<TraceStream> stream = new CompletableFuture<>();
  private final CompletableFuture<byte[]> answer = new CompletableFuture<>();

  private ServiceBridge worker(KernelProcess kernel) {
    ServiceBridge bridge =
        ServiceBridge.builder(kernel.grpc(), kernel.createService("worker"))
            .advertise("127.0.0.1", 0)
            .reconnectInterval(Duration.ofMillis(300))
            .build();
    bridge
        .rpc()
        .handleAsync(
            "work",
            Contract.NONE,
            (request, context) -> {
              stream.complete(context.stream());
              return answer;
            });
    bridge.start();
    return bridge;
  }

  private static ServiceBridge asker(KernelProcess kernel) {
    ServiceBridge bridge =
        ServiceBridge.builder(kernel.grpc(), kernel.createService("asker"))
            .reconnectInterval(Duration.ofMillis(300))
            .build();
    bridge.service("worker", ServiceDeps.rpc("work"));
    bridge.start();
    return bridge;
  }

  private static List<CompletableFuture<Long>> write(TraceStream out, int from, int to) {
    List<CompletableFuture<Long>> stored = new ArrayList<>();
    for (int n = from; n < to; n++) {
      stored.add(out.write(String.valueOf(n)).toCompletableFuture());
    }
    return stored;
  }

  @Test
  void chunks_overAKill_areEachStoredOnce_inOrder_underTheNumbersThatWereAcknowledged()
      throws Exception {
    List<CompletableFuture<Long>> stored;
    ServiceBridge worker;
    ServiceBridge asker;
    CompletableFuture<byte[]> call;
    TraceWatch watch;
    int port;
    try (KernelProcess first = KernelProcess.serve(state, database.url()).awaitReady()) {
      port = first.grpcPort();
      worker = worker(first);
      asker = asker(first);
      call = asker.rpc().callAsync("worker", "work", new byte[0]);
      TraceStream out = stream.get(30, TimeUnit.SECONDS);
      watch = asker.watchTrace(out.traceId(), WatchOptions.ALL);
      stored = write(out, 0, CHUNKS / 2);
      assertThat(stored.get(100).get(30, TimeUnit.SECONDS)).isEqualTo(101);
      stored.addAll(write(out, CHUNKS / 2, CHUNKS));
      first.kill();
    }
    try (KernelProcess second =
        KernelProcess.serveTalkative(state, database.url(), port).awaitReady()) {
      List<Long> places = new ArrayList<>();
      for (CompletableFuture<Long> one : stored) {
        places.add(one.get(60, TimeUnit.SECONDS));
      }
      answer.complete(new byte[0]);
      List<TraceItem> seen = new ArrayList<>();
      watch.forEachRemaining(seen::add);

      assertThat(seen.remove(seen.size() - 1)).isEqualTo(new TraceItem.Complete("success"));
      assertThat(seen)
          .isEqualTo(
              IntStream.range(0, CHUNKS)
                  .mapToObj(n -> new TraceItem.Chunk(places.get(n), "output", String.valueOf(n)))
                  .toList());
      call.cancel(true);
      CompletableFuture.allOf(worker.stopAsync(), asker.stopAsync()).join();
      assertThat(second.isAlive()).isTrue();
    }
  }
}
