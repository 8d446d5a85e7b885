package io.trestle.system.wire;

import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Services, instances and callees for one test; what was made is closed after it, newest first. */
final class WireExtension implements AfterEachCallback {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Supplier<TestKernel> kernel;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  WireExtension(TrestleExtension trestle) {
    this(trestle::kernel);
  }

  WireExtension(Supplier<TestKernel> kernel) {
    this.kernel = kernel;
  }

  TestKernel kernel() {
    return kernel.get();
  }

  /** A service of a name that no other has. */
  ServiceKey service() {
    return kernel().service("wire-" + NAMES.incrementAndGet());
  }

  /** A live setting; it holds when this returns. */
  void setting(String key, String value) {
    JsonObject wanted = new JsonObject().put("key", key).put("value", value);
    JsonObject unused = kernel().admin().ok("SettingsService/UpdateSettings", wanted);
  }

  /** Metrics as Prometheus gets them. */
  String scrape() {
    return ((PrometheusMeterRegistry) kernel().trestle().meters()).scrape();
  }

  /** How the deliveries of an event stand. */
  List<String> deliveries(String eventId) {
    return kernel()
        .sql()
        .column(
            String.class,
            "SELECT status FROM event_deliveries WHERE event_id = ?",
            UUID.fromString(eventId));
  }

  /** Whether an event had one delivery, which is done. */
  boolean isDelivered(String eventId) {
    return deliveries(eventId).equals(List.of("success"));
  }

  /** What the dead letter of an event has in a column; empty without a letter. */
  String letter(String column, String eventId) {
    List<String> values =
        kernel()
            .sql()
            .column(
                String.class,
                "SELECT " + column + " FROM events_dlq WHERE event_id = ?",
                UUID.fromString(eventId));
    return values.isEmpty() ? "" : values.get(0);
  }

  static WireKey key(ServiceKey service) {
    return WireKey.parse(service.apiKey());
  }

  <T extends AutoCloseable> T closing(T resource) {
    open.push(resource);
    return resource;
  }

  /** Without an identity. */
  WireClient stranger(ServiceKey service) {
    return closing(WireClient.toRuntime(kernel().grpc(), key(service).ca(), null));
  }

  WireClient client(ServiceKey service, WireIdentity identity) {
    return closing(WireClient.toRuntime(kernel().grpc(), key(service).ca(), identity));
  }

  /** Provisioned, nothing else. */
  WireInstance instance(ServiceKey service) {
    return closing(WireInstance.provision(kernel().grpc(), key(service)));
  }

  /** Provisioned, and with a session. */
  WireInstance connected(ServiceKey service) {
    WireInstance instance = instance(service);
    instance.connect();
    return instance;
  }

  /** With a session and a view in which it calls methods of another service. */
  WireInstance caller(ServiceKey service, String target, String... methods) {
    WireInstance caller = connected(service);
    caller.register(Declare.calls(target, methods)).first();
    return caller;
  }

  /** An instance with its Call server. */
  record Callee(WireInstance instance, WireCallee server) {
    String id() {
      return instance.id();
    }
  }

  /** An instance that serves one method, known to the proxy when this returns. */
  Callee callee(
      ServiceKey service,
      String method,
      String hash,
      Function<WireCallee.Received, WireCallee.@Nullable Reply> behaviour) {
    WireInstance instance = connected(service);
    WireCallee server = closing(WireCallee.start(instance.identity(), instance.ca(), behaviour));
    instance
        .register(
            Declare.nothing()
                .setCallEndpoint(server.endpoint())
                .addIncoming(Declare.handler(method, hash)))
        .first();
    await().until(() -> instance.view().instances().containsKey(instance.id()));
    return new Callee(instance, server);
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
