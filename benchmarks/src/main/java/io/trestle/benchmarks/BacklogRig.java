package io.trestle.benchmarks;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A kernel and its log, a publisher, a consumer that keeps up with it, and one that is away while
 * the log is filled with what it has to handle. Clients are new processes after each start of the
 * kernel. One caller.
 */
final class BacklogRig {
  private static final String LIVE = "live";
  private static final String STORED = "stored";
  private static final long CHUNK = 50_000;
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Duration FILL_LIMIT = Duration.ofMinutes(30);

  /** All of the heap from the start, so that what grows is not that. */
  private static final List<String> FLAGS = List.of("-Xms512m", "-Xmx512m");

  private final Workspace workspace;
  private final int size;
  private final int outstanding;
  private Kernel kernel;
  private final Keys keys;
  private @Nullable Clients clients;

  private record Keys(String publisher, String prompt, String late) {}

  private record Clients(Child publisher, Child prompt) {}

  /**
   * Starts a kernel; the consumer that is late has declared itself and is away again.
   *
   * @param size of an event, in bytes
   * @param outstanding publishes under way at a time
   */
  BacklogRig(Workspace workspace, int size, int outstanding) {
    this.workspace = workspace;
    this.size = size;
    this.outstanding = outstanding;
    this.kernel = Kernel.start(workspace, "backlog", FLAGS);
    this.keys =
        new Keys(
            kernel.createService("bench-publisher"),
            kernel.createService("bench-prompt"),
            kernel.createService("bench-late"));
    kernel.child().ask("unlimited", new JsonObject(), LIMIT);
    subscriber(keys.late(), STORED).close();
    join();
  }

  Kernel kernel() {
    return kernel;
  }

  /** The publisher, and the consumer that keeps up with it; one event has gone all the way. */
  private void join() {
    Child prompt = subscriber(keys.prompt(), LIVE);
    Child publisher = workspace.start("event-publisher", FLAGS);
    publisher.ask(
        "start",
        new JsonObject()
            .put("url", kernel.grpc())
            .put("key", keys.publisher())
            .put("events", new JsonArray().add(LIVE).add(STORED)),
        LIMIT);
    clients = new Clients(publisher, prompt);
    prompt.ask("reset", new JsonObject(), LIMIT);
    publisher.ask("pace", one(LIVE), LIMIT);
    prompt.ask("await", new JsonObject().put("count", 1L), LIMIT);
  }

  private Child subscriber(String key, String event) {
    Child subscriber = workspace.start("event-subscriber", FLAGS);
    JsonObject service =
        new JsonObject().put("key", key).put("patterns", new JsonArray().add(event));
    subscriber.ask(
        "start",
        new JsonObject().put("url", kernel.grpc()).put("services", new JsonArray().add(service)),
        LIMIT);
    return subscriber;
  }

  /** The consumer that was away comes back, as a new process that counts what it gets. */
  Child comeBack() {
    return subscriber(keys.late(), STORED);
  }

  /** Publishes for a time what the prompt consumer takes; waits until it has all of it. */
  Sample publish(double seconds) {
    Clients using = clients();
    using.prompt().ask("reset", new JsonObject(), LIMIT);
    Cost before = cost();
    JsonObject published =
        using.publisher().ask("run", question(LIVE, outstanding, seconds), LIMIT);
    long count = published.getLong("count");
    JsonObject handled = using.prompt().ask("await", new JsonObject().put("count", count), LIMIT);
    if (count == 0 || handled.getLong("count") < count) {
      throw new BenchException(
          "%d of %d published events came (expected: all, and some; more --seconds may help)"
              .formatted(handled.getLong("count"), count));
    }
    return Sample.of(published, cost().since(before));
  }

  /** A single event. */
  private JsonObject one(String event) {
    return question(event, 1, 0.001).put("rate", 1000.0);
  }

  private JsonObject question(String event, int concurrent, double seconds) {
    return new JsonObject()
        .put("event", event)
        .put("size", size)
        .put("concurrent", concurrent)
        .put("millis", Math.max(1, Math.round(seconds * 1000)));
  }

  /** What the kernel and its clients have used so far, without the late one. */
  Cost cost() {
    Clients using = clients();
    return Cost.of(List.of(kernel.child(), using.publisher(), using.prompt()));
  }

  /**
   * Publishes one event to the consumer that is away and copies it until there are so many; then
   * the kernel dies.
   *
   * @param progress hears how many there are
   */
  void fill(long events, LongConsumer progress) {
    clients().publisher().ask("pace", one(STORED), LIMIT);
    clients().publisher().close();
    clients().prompt().close();
    long like = kernel.child().ask("quiet", new JsonObject(), LIMIT).getLong("head");
    JsonObject fill =
        new JsonObject()
            .put("like", like)
            .put("until", System.currentTimeMillis())
            .put("all", events);
    for (long from = 1; from < events; from += CHUNK) {
      long to = Math.min(events - 1, from + CHUNK - 1);
      kernel.child().ask("fill", fill.copy().put("from", from).put("to", to), LIMIT);
      progress.accept(to + 1);
    }
    long consumers = kernel.child().ask("filled", fill, FILL_LIMIT).getLong("consumers");
    if (consumers != 1) {
      throw new BenchException(consumers + " consumers have a backlog (expected: 1)");
    }
    kernel.child().kill();
  }

  /** Starts the kernel anew, then its clients; returns the seconds that the kernel took. */
  double restart() {
    long begin = System.nanoTime();
    kernel = Kernel.start(workspace, "backlog", FLAGS);
    double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
    join();
    return seconds;
  }

  /** A transaction with a snapshot begins to do nothing. */
  void hold() {
    kernel.child().ask("hold", new JsonObject(), LIMIT);
  }

  /** It ends. */
  void letGo() {
    kernel.child().ask("let-go", new JsonObject(), LIMIT);
  }

  /** What lives on the heap of the kernel, in MiB. */
  double heap() {
    return kernel.child().ask("heap", new JsonObject(), LIMIT).getLong("bytes") / 1024.0 / 1024.0;
  }

  private Clients clients() {
    Clients using = clients;
    if (using == null) {
      throw new IllegalStateException("no clients");
    }
    return using;
  }
}
