package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.audit.Audit;
import io.trestle.examples.orderflow.inventory.Inventory;
import io.trestle.examples.orderflow.payments.Payments;
import io.trestle.examples.orderflow.shipping.Shipping;
import io.trestle.examples.orderflow.storefront.Storefront;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The processes of the demo: a kernel and the services. Closing it leaves none of them, whatever
 * state they are in. Thread-safe: it may be closed while it is being made.
 */
final class Fleet implements AutoCloseable {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration SERVICE_STOP_LIMIT = Duration.ofSeconds(5);

  private final DemoDirectory directory;
  private final List<Child> services = new ArrayList<>();
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Map<String, String> keys = new HashMap<>();
  private final Kernel kernel;
  private final Databases databases;
  private boolean closed;

  private Fleet(DemoDirectory directory, Kernel kernel, Databases databases) {
    this.directory = directory;
    this.kernel = kernel;
    this.databases = databases;
  }

  /** A service process that is ready. */
  record Service(Child child, String instanceId, String url) {}

  /** Around a kernel that runs, which is told who there will be and what payments accept. */
  static Fleet around(DemoDirectory directory, Kernel kernel) {
    Databases databases = Databases.create(kernel.embeddedDatabase());
    Fleet fleet = new Fleet(directory, kernel, databases);
    fleet.register();
    return fleet;
  }

  /**
   * The storefront may charge, and nobody may refund. Set before payments start, so that they have
   * the rule before they have a caller; set later, it is in force within a second.
   */
  private void register() {
    List.of("storefront", "inventory", "payments", "shipping", "audit").forEach(this::key);
    kernel.admin().acceptOnly("payments", List.of("storefront/charge"));
  }

  Databases databases() {
    return databases;
  }

  /** Names of the service processes by instance id. */
  synchronized Map<String, String> names() {
    return new LinkedHashMap<>(names);
  }

  /** Starts the storefront, which is ready when it has seen the others. */
  Service storefront() {
    Map<String, String> environment = new HashMap<>(databases.storefront().environment());
    environment.put(Environment.HTTP_PORT, "0");
    return start("storefront", "storefront", Storefront.class, environment);
  }

  Service inventory() {
    return start("inventory", "inventory", Inventory.class, Map.of());
  }

  /** One instance of the payments; they share key and database. */
  Service payments(int number) {
    return start(
        "payments", "payments-" + number, Payments.class, databases.payments().environment());
  }

  /** Consumes what the storefront publishes, but not all of it. */
  Service shipping() {
    return start("shipping", "shipping", Shipping.class, databases.shipping().environment());
  }

  /** Consumes all that the storefront publishes of orders. */
  Service audit() {
    return start("audit", "audit", Audit.class, databases.audit().environment());
  }

  private Service start(
      String service, String name, Class<?> main, Map<String, String> ownEnvironment) {
    Map<String, String> environment = new HashMap<>(ownEnvironment);
    environment.put(Environment.RUNTIME, kernel.grpc());
    environment.put(Environment.KEY, key(service));
    Child child = launch(name, JavaCommand.service(main), environment);
    String[] ready = child.awaitReady(READY_LIMIT).split(" ", 3);
    String instanceId = ready.length > 1 ? ready[1] : "";
    synchronized (this) {
      names.put(instanceId, name);
    }
    return new Service(child, instanceId, ready.length > 2 ? ready[2] : "");
  }

  private synchronized Child launch(
      String name, List<String> command, Map<String, String> environment) {
    if (closed) {
      throw new DemoException("stopped");
    }
    Child child = Child.start(name, command, environment, directory.logs());
    services.add(child);
    return child;
  }

  private String key(String service) {
    synchronized (keys) {
      return keys.computeIfAbsent(service, kernel.admin()::createService);
    }
  }

  /** Services first, so that they can take leave of the kernel. */
  @Override
  public void close() {
    List<Child> leaving;
    synchronized (this) {
      closed = true;
      leaving = List.copyOf(services);
    }
    leaving.forEach(Child::release);
    leaving.forEach(child -> child.awaitEnd(SERVICE_STOP_LIMIT));
  }

  /** Where the processes write what they print. */
  Path logs() {
    return directory.logs();
  }
}
