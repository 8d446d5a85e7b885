package io.trestle.benchmarks;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What carries events from a publisher process to a subscriber process: Trestle, or a broker that
 * runs already.
 *
 * @param name as tables call it
 * @param processes whose use of processor and memory is told; empty when the broker's is unknown
 */
record EventContender(String name, Child publisher, Child subscriber, List<Child> processes) {
  private static final Duration START_LIMIT = Duration.ofMinutes(1);
  private static final int CONNECT_MILLIS = 500;
  private static final List<String> KERNEL_FLAGS = List.of("-Xmx512m");
  private static final List<String> FLAGS = List.of("-Xms512m", "-Xmx512m");

  /** One event, which opens what is opened at the first use. */
  private static final JsonObject FIRST =
      new JsonObject().put("event", "one").put("size", 8).put("rate", 1000.0).put("millis", 1L);

  /** The event that so many consumers get. */
  static String fan(int consumers) {
    return "fan.n" + consumers;
  }

  /**
   * A kernel and our SDK at both ends; the first event was published.
   *
   * @param consumers how many there are: the first of them get {@link #fan}, the first one also
   *     {@code one} and {@code wild.#}
   */
  static EventContender trestle(Workspace workspace, int consumers) {
    Kernel kernel = Kernel.start(workspace, "kernel", KERNEL_FLAGS);
    Child subscriber = workspace.start("event-subscriber", FLAGS);
    JsonArray services = services(consumers);
    for (int i = 0; i < services.size(); i++) {
      services.getJsonObject(i).put("key", kernel.createService("bench-consumer-" + i));
    }
    JsonObject where = new JsonObject().put("url", kernel.grpc());
    subscriber.ask("start", where.copy().put("services", services), START_LIMIT);
    Child publisher = workspace.start("event-publisher", FLAGS);
    JsonArray names = new JsonArray().add("one").add("wild.a.b");
    for (int fanOut = 1; fanOut <= consumers; fanOut++) {
      names.add(fan(fanOut));
    }
    String key = kernel.createService("bench-publisher");
    publisher.ask("start", where.copy().put("key", key).put("events", names), START_LIMIT);
    publisher.ask("pace", FIRST, START_LIMIT);
    return new EventContender(
        "trestle", publisher, subscriber, List.of(kernel.child(), publisher, subscriber));
  }

  /**
   * A broker, if one listens there.
   *
   * @param role of its workers: {@code rabbit} or {@code nats}
   * @param consumers as those of ours
   */
  static Optional<EventContender> broker(
      Workspace workspace, String name, String role, URI uri, int consumers, Output output) {
    if (!listens(uri)) {
      output.note("%s: nothing listens on port %d, left out".formatted(name, uri.getPort()));
      return Optional.empty();
    }
    Child subscriber = workspace.start(role + "-subscriber", FLAGS);
    Child publisher = workspace.start(role + "-publisher", FLAGS);
    JsonObject where =
        new JsonObject().put("url", uri.toString()).put("services", services(consumers));
    subscriber.ask("start", where, START_LIMIT);
    publisher.ask("start", where, START_LIMIT);
    return Optional.of(new EventContender(name, publisher, subscriber, List.of()));
  }

  private static boolean listens(URI uri) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static JsonArray services(int consumers) {
    List<JsonObject> services = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      JsonArray patterns = new JsonArray();
      for (int fanOut = i + 1; fanOut <= consumers; fanOut++) {
        patterns.add(fan(fanOut));
      }
      if (i == 0) {
        patterns.add("one").add("wild.#");
      }
      services.add(new JsonObject().put("patterns", patterns));
    }
    return new JsonArray(services);
  }

  Cost cost() {
    return Cost.of(processes);
  }

  /**
   * Publishes for a time and waits until all of it was delivered.
   *
   * @param question what and how; {@code millis} how long
   * @param deliveries of each event
   * @param limit of publishing, and of the rest of the deliveries after that
   */
  Sample measure(JsonObject question, String command, int deliveries, Duration limit) {
    subscriber.ask("reset", new JsonObject(), limit);
    Cost before = cost();
    JsonObject published = publisher.ask(command, question, limit);
    long wanted = published.getLong("count") * deliveries;
    if (wanted == 0) {
      throw new BenchException(
          name + ": nothing was stored, nor a while later: " + published.getString("failure"));
    }
    JsonObject rest = new JsonObject().put("count", wanted).put("millis", limit.toMillis() / 2);
    JsonObject handled = subscriber.ask("await", rest, limit);
    if (handled.getLong("count") < wanted) {
      throw new BenchException(
          "%s: %d of %d deliveries came".formatted(name, handled.getLong("count"), wanted));
    }
    JsonObject answer =
        handled
            .copy()
            .put("nanos", handled.getLong("last") - published.getLong("begin"))
            .put("failed", published.getLong("failed"))
            .put("failure", published.getString("failure"));
    return Sample.of(answer, cost().since(before));
  }
}
