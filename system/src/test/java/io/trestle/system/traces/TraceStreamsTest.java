package io.trestle.system.traces;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.Contract;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.QueueFullException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.StateException;
import io.trestle.sdk.TraceItem;
import io.trestle.sdk.TraceStream;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.WatchOptions;
import io.trestle.system.Switch;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Handlers that write, and bridges that watch, with the real kernel between them. */
@Timeout(120)
class TraceStreamsTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final AtomicInteger TESTS = new AtomicInteger();

  private final String test = "traces" + TESTS.incrementAndGet();
  private final ServiceKey working = TRESTLE.kernel().service(test + "-worker");
  private final ServiceKey asking = TRESTLE.kernel().service(test + "-asker");
  private final CompletableFuture<TraceStream> stream = new CompletableFuture<>();
  private final CompletableFuture<byte[]> answer = new CompletableFuture<>();

  /** A call that has begun, and is under the hand of the test. */
  private CompletableFuture<byte[]> begin() {
    TRESTLE.connect(
        working,
        options -> options.reconnectInterval(Duration.ofMillis(200)),
        sdk ->
            sdk.rpc()
                .handleAsync(
                    "work",
                    Contract.NONE,
                    (request, context) -> {
                      stream.complete(context.stream());
                      return answer;
                    }));
    ServiceBridge asker =
        TRESTLE.connect(asking, sdk -> sdk.service(working.name(), ServiceDeps.rpc("work")));
    return asker.rpc().callAsync(working.name(), "work", new byte[0]);
  }

  private static TraceItem.Chunk chunk(TraceItem item) {
    assertThat(item).isInstanceOf(TraceItem.Chunk.class);
    return (TraceItem.Chunk) item;
  }

  private static List<String> expected(int from, int to) {
    return IntStream.range(from, to).mapToObj(n -> "{\"n\":" + n + "}").toList();
  }

  @Test
  @Acceptance("EV-83")
  void watcherOfOneKey_thatBreaks_seesEachChunkOnce_inOrder_thenCompletion() throws Exception {
    CompletableFuture<byte[]> call = begin();
    TraceStream out = stream.get(30, TimeUnit.SECONDS);
    write(out, 0, 250);
    List<String> seen = new ArrayList<>();
    long last = 0;
    ServiceKey watching = TRESTLE.kernel().service(test + "-watcher");
    int port = Integer.parseInt(TRESTLE.kernel().grpc().replaceFirst(".*:", ""));
    try (Switch line = new Switch(port);
        ServiceBridge watcher =
            ServiceBridge.builder("127.0.0.1:" + line.port(), watching.apiKey()).build()) {
      watcher.start();
      try (TraceWatch first = watcher.watchTrace(out.traceId(), WatchOptions.of("output"))) {
        while (seen.size() < 100) {
          TraceItem.Chunk chunk = chunk(first.next());
          seen.add(chunk.json());
          last = chunk.sequence();
        }
      }
      WatchOptions rest = WatchOptions.of("output").after(last);
      try (TraceWatch second = watcher.watchTrace(out.traceId(), rest)) {
        while (seen.size() < 300) {
          if (seen.size() == 200) {
            line.off();
            write(out, 250, 500);
            line.on();
          }
          seen.add(chunk(second.next()).json());
        }
        answer.complete("done".getBytes(UTF_8));
        assertThat(call.get(30, TimeUnit.SECONDS)).asString(UTF_8).isEqualTo("done");
        TraceItem item = second.next();
        while (item instanceof TraceItem.Chunk chunk) {
          seen.add(chunk.json());
          item = second.next();
        }
        assertThat(item).isEqualTo(new TraceItem.Complete("success"));
        assertThat(second.hasNext()).isFalse();
      }
    }
    assertThat(seen).isEqualTo(expected(0, 500));
  }

  private static CompletableFuture<Long> write(TraceStream out, String json, String key) {
    return out.write(json, key).toCompletableFuture();
  }

  /** As many to another key. */
  private static void write(TraceStream out, int from, int to) throws Exception {
    List<CompletableFuture<Long>> stored = new ArrayList<>();
    for (int n = from; n < to; n++) {
      stored.add(write(out, "{\"n\":" + n + "}", TraceStream.OUTPUT));
      stored.add(write(out, "\"line " + n + "\"", "log"));
    }
    for (CompletableFuture<Long> one : stored) {
      assertThat(one.get(30, TimeUnit.SECONDS)).isPositive();
    }
  }

  @Test
  void writtenWhileTheRuntimeIsAway_theNewestThousandAreKept_behindAGap() throws Exception {
    CompletableFuture<byte[]> call = begin();
    TraceStream out = stream.get(30, TimeUnit.SECONDS);
    write(out, 0, 1);
    TRESTLE.kernel().stop();
    CompletableFuture<Long> first = write(out, "\"first\"", TraceStream.OUTPUT);
    List<CompletableFuture<Long>> stored = new ArrayList<>();
    for (int n = 1; n < 1_500; n++) {
      stored.add(write(out, "{\"n\":" + n + "}", TraceStream.OUTPUT));
    }
    assertThatThrownBy(() -> first.get(30, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(QueueFullException.class);
    TRESTLE.kernel().run();
    assertThat(stored.get(stored.size() - 1).get(60, TimeUnit.SECONDS)).isPositive();
    answer.complete(new byte[0]);

    ServiceBridge watcher = TRESTLE.connect(TRESTLE.kernel().service(test + "-w"), sdk -> {});
    List<TraceItem> seen = new ArrayList<>();
    try (TraceWatch watch = watcher.watchTrace(out.traceId(), WatchOptions.of("output"))) {
      watch.forEachRemaining(seen::add);
    }

    assertThat(chunk(seen.get(0)).json()).isEqualTo("{\"n\":0}");
    TraceItem.Gap gap = (TraceItem.Gap) seen.get(1);
    List<String> kept =
        seen.subList(2, seen.size() - 1).stream().map(i -> chunk(i).json()).toList();
    assertThat(gap.dropped() + kept.size()).isEqualTo(1_500);
    assertThat(kept).isEqualTo(expected(1_500 - kept.size(), 1_500)).hasSize(999);
    assertThat(seen.get(seen.size() - 1)).isEqualTo(new TraceItem.Complete("success"));
    call.cancel(true);
  }

  @Test
  void handlerOfAnEvent_writesToTheTraceOfTheEvent_andItsFailureIsTheStatus() throws Exception {
    CompletableFuture<String> trace = new CompletableFuture<>();
    TRESTLE.connect(
        working,
        sdk ->
            sdk.events()
                .handle(
                    test + ".placed",
                    (payload, context) -> {
                      context.stream().write("1", "progress");
                      trace.complete(context.stream().traceId());
                      throw context.reject("no");
                    }));
    List<EventType<byte[]>> placed = new ArrayList<>();
    ServiceBridge asker =
        TRESTLE.connect(asking, sdk -> placed.add(sdk.events().define(test + ".placed")));
    placed.get(0).publish(new byte[0], PublishOptions.DEFAULT);

    String id = trace.get(30, TimeUnit.SECONDS);
    try (TraceWatch watch = asker.watchTrace(id, WatchOptions.ALL)) {
      assertThat(watch.next()).isEqualTo(new TraceItem.Chunk(1, "progress", "1"));
      assertThat(watch.nextAsync().get(30, TimeUnit.SECONDS))
          .contains(new TraceItem.Complete("error"));
      assertThat(watch.nextAsync().get(30, TimeUnit.SECONDS)).isEmpty();
    }
  }

  @Test
  void badChunks_andLateOnes_areRefused_andTheRestGoesOn() throws Exception {
    CompletableFuture<byte[]> call = begin();
    TraceStream out = stream.get(30, TimeUnit.SECONDS);
    for (CompletableFuture<Long> bad :
        List.of(
            write(out, "{", "k"),
            write(out, "1", ""),
            write(out, "1", "a\nb"),
            write(out, "\"" + "x".repeat(65_536) + "\"", "k"))) {
      assertThatThrownBy(bad::get).hasCauseInstanceOf(ValidationException.class);
    }
    for (int n = 0; n < 64; n++) {
      assertThat(write(out, "1", "k" + n).get(30, TimeUnit.SECONDS)).isPositive();
    }
    CompletableFuture<Long> tooMany = write(out, "1", "one too many");
    assertThatThrownBy(() -> tooMany.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ValidationException.class);
    assertThat(write(out, "2", "k1").get(30, TimeUnit.SECONDS)).isPositive();
    answer.complete(new byte[0]);
    call.get(30, TimeUnit.SECONDS);
    assertThatThrownBy(write(out, "3", "k1")::get).hasCauseInstanceOf(StateException.class);
  }

  @Test
  void closedWatch_isCancelled_andNoTraceIsRefused() {
    ServiceBridge watcher = TRESTLE.connect(asking, sdk -> {});
    TraceWatch watch = watcher.watchTrace("0197a0b1-0000-7000-8000-000000000012", WatchOptions.ALL);
    CompletableFuture<?> next = watch.nextAsync();
    watch.close();
    await().until(next::isDone);
    assertThatThrownBy(watch::hasNext)
        .isInstanceOfSatisfying(
            ServiceBridgeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThatThrownBy(() -> watcher.watchTrace("x", WatchOptions.ALL))
        .isInstanceOf(ValidationException.class);
  }
}
