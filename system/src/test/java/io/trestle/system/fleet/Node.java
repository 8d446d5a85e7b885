package io.trestle.system.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeBuilder;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.vertx.VertxServiceBridge;
import io.trestle.system.Switch;
import io.trestle.system.fleet.Journal.Run;
import io.trestle.testing.TestKernel.ServiceKey;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * One instance of a service: a bridge with a Vert.x and a line to the runtime of its own, so that
 * it can be killed as a process is, and cut off. It writes down whom its handlers ran for.
 */
final class Node {
  static final List<String> METHODS = List.of("m0", "m1", "s0");
  private static final int CHUNKS = 3;
  private static final int HANDLING_MILLIS = 15;
  private static final int BURDENED_MILLIS = 200;
  private static final Duration RENEWAL = Duration.ofMillis(1500);

  private final int service;
  private final String name;
  private final boolean serving;
  private final Journal journal;
  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setWorkerPoolSize(2));
  private final Switch line;
  private final ServiceBridge bridge;
  private final Map<String, CompletableFuture<String>> underWay = new ConcurrentHashMap<>();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger sessions = new AtomicInteger();
  private volatile Map<Integer, Set<String>> needs = Map.of();
  private volatile int sessionsBefore = -1;
  private volatile boolean burdened;
  private volatile long began = Journal.OPEN;

  /** An instance that is not started yet; one in two renews its certificate all the time. */
  Node(
      int service,
      int number,
      boolean serving,
      ServiceKey key,
      int runtimePort,
      Journal journal,
      Random random) {
    this.service = service;
    this.name = service + (serving ? "." : ".observer.") + number;
    this.serving = serving;
    this.journal = journal;
    this.line = new Switch(runtimePort);
    ServiceBridgeBuilder builder =
        VertxServiceBridge.builder(vertx, "127.0.0.1:" + line.port(), key.apiKey())
            .reconnectInterval(Duration.ofMillis(200))
            .startTimeout(Duration.ofSeconds(60))
            .callDefaults(
                CallOptions.DEFAULT.withRetry(
                    new RetryPolicy(3, Duration.ofMillis(10), 2, Duration.ofMillis(100), 0.3)));
    if (random.nextBoolean()) {
      builder.renewal(Duration.ofHours(2), Duration.ZERO, RENEWAL, RENEWAL);
    }
    this.bridge = (serving ? builder : builder.callerOnly()).build();
    bridge.on(BridgeEvent.Connected.class, event -> sessions.incrementAndGet());
  }

  int service() {
    return service;
  }

  boolean isServing() {
    return serving;
  }

  ServiceBridge bridge() {
    return bridge;
  }

  String instanceId() {
    return bridge.identity().map(identity -> identity.instanceId()).orElse("");
  }

  /** Whether it calls anybody. */
  boolean declaresAny() {
    return !needs.isEmpty();
  }

  /** Whether it has declared that it calls a method of a service. */
  boolean declares(int peer, String method) {
    Set<String> methods = needs.getOrDefault(peer, Set.of());
    return methods.contains("*") || methods.contains(method);
  }

  /** When everybody knew that it was there. */
  long began() {
    return began;
  }

  void isKnown(long now) {
    if (began == Journal.OPEN) {
      began = now;
    }
  }

  // ---- life

  /**
   * Declares whom it calls, and starts.
   *
   * @param wanted methods, or a star, by the number of their service
   */
  void start(Map<Integer, Set<String>> wanted, IntFunction<String> names) {
    needs = wanted;
    wanted.forEach(
        (peer, methods) ->
            bridge.service(names.apply(peer), ServiceDeps.rpc(methods.toArray(String[]::new))));
    if (serving) {
      bridge.rpc().handleAsync("m0", this::answer);
      bridge.rpc().handleAsync("m1", this::answer);
      bridge.rpc().handleStreamAsync("s0", this::stream);
    }
    bridge.start();
  }

  /** Leaves in peace. */
  void drain() {
    bridge.stop();
    release();
  }

  /** Dies: every connection breaks, nothing that it runs ends any more. */
  void kill() {
    line.off();
    release();
  }

  private void release() {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(this + " does not close", e);
    }
    line.close();
    underWay
        .values()
        .forEach(call -> call.completeExceptionally(new IllegalStateException("dead")));
  }

  /** From now on its handlers take their time, so that something is under way when it is hit. */
  void burden() {
    burdened = true;
  }

  void relieve() {
    burdened = false;
  }

  /** How many handlers are under way. */
  int running() {
    return running.get();
  }

  void cut() {
    sessionsBefore = sessions.get();
    line.off();
  }

  /** Whether it has a session again, if it was cut off. */
  boolean isBack() {
    return sessions.get() > sessionsBefore;
  }

  void join() {
    line.on();
  }

  /** Whether its bridge has ended by itself. */
  boolean isOut() {
    return bridge.identity().isEmpty();
  }

  // ---- calls

  /** Calls; the answer is what the callee made of the id. */
  CompletableFuture<String> call(String serviceName, Route route, String id) {
    CallOptions options = CallOptions.DEFAULT.withTransport(route.transport()).withRequestId(id);
    CompletableFuture<String> answer = new CompletableFuture<>();
    underWay.put(id, answer);
    try {
      if (route.streams()) {
        bridge
            .rpc()
            .publisher(serviceName, route.method(), id.getBytes(UTF_8), options)
            .subscribe(new Chunks(answer));
      } else {
        CompletableFuture<byte[]> unused =
            bridge
                .rpc()
                .callAsync(serviceName, route.method(), id.getBytes(UTF_8), options)
                .whenComplete((bytes, failure) -> end(answer, bytes, failure));
      }
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    }
    return answer.whenComplete((text, failure) -> underWay.remove(id));
  }

  private static void end(CompletableFuture<String> answer, byte[] bytes, Throwable failure) {
    if (failure == null) {
      answer.complete(new String(bytes, UTF_8));
    } else {
      answer.completeExceptionally(failure);
    }
  }

  /** Puts the chunks of a stream together. */
  private static final class Chunks implements Flow.Subscriber<byte[]> {
    private final CompletableFuture<String> answer;
    private final StringBuilder text = new StringBuilder();

    Chunks(CompletableFuture<String> answer) {
      this.answer = answer;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(byte[] chunk) {
      text.append(new String(chunk, UTF_8));
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      answer.complete(text.toString());
    }
  }

  // ---- handlers

  private CompletableFuture<byte[]> answer(byte[] request, CallContext context) {
    return begin(request, context).thenApply(v -> request);
  }

  private CompletableFuture<Void> stream(byte[] request, CallContext context, ChunkWriter out) {
    CompletableFuture<Void> sent = begin(request, context);
    for (int i = 0; i < CHUNKS; i++) {
      byte[] chunk = chunk(request, i);
      sent = sent.thenCompose(v -> out.sendAsync(chunk));
    }
    return sent;
  }

  /** Writes it down, and takes its time. */
  private CompletableFuture<Void> begin(byte[] request, CallContext context) {
    String id = new String(request, UTF_8);
    journal.ran(id, new Run(this, context.caller().serviceId(), System.nanoTime()));
    running.incrementAndGet();
    int most = burdened ? BURDENED_MILLIS : HANDLING_MILLIS;
    int millis = ThreadLocalRandom.current().nextInt(most / 2, most);
    return CompletableFuture.runAsync(
        running::decrementAndGet, CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS));
  }

  /** A third of it. */
  private static byte[] chunk(byte[] all, int i) {
    int from = all.length * i / CHUNKS;
    byte[] chunk = new byte[all.length * (i + 1) / CHUNKS - from];
    System.arraycopy(all, from, chunk, 0, chunk.length);
    return chunk;
  }

  @Override
  public String toString() {
    return name;
  }
}
