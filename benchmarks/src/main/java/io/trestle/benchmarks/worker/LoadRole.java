package io.trestle.benchmarks.worker;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingDep;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A fleet of light sessions in one process. Every service serves one method and uses those of the
 * first service and of its next two neighbours, so every session sees the first service and the
 * visitor, who is an instance of it.
 */
final class LoadRole implements Role {
  private static final String SERVICE = "bench-%03d";
  private static final String METHOD = "echo";
  private static final int NEIGHBOURS = 2;

  private static final int FIRST_PORT = 20_000;

  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));
  private final List<LightSession> fleet = new ArrayList<>();
  private final Set<LightSession> complete = ConcurrentHashMap.newKeySet();
  private @Nullable HostPort runtime;
  private @Nullable Strangers strangers;
  private @Nullable LightSession visitor;
  private volatile Visit visit = new Visit("", 0);
  private List<BootstrapKey> keys = List.of();

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return switch (command) {
      case "prepare" -> prepare(arguments);
      case "provision" -> phase(fleet, this::provision);
      case "connect" -> phase(fleet, session -> session.connect(vertx, runtime()));
      case "settle" -> settle();
      case "visit" -> visit();
      case "provision-again" -> phase(sessions(fleet.size()), this::provision);
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  @Override
  public void close() {
    // the connections go with the process
  }

  private JsonObject prepare(JsonObject arguments) {
    runtime = Provision.address(arguments.getString("url"));
    JsonArray given = arguments.getJsonArray("keys");
    keys = given.stream().map(key -> BootstrapKey.parse((String) key)).toList();
    strangers = new Strangers(vertx, keys.get(0).ca());
    fleet.addAll(sessions(arguments.getInteger("instances")));
    visitor = new LightSession(keys.get(0), declarations(0, 0), new Watching());
    return new JsonObject();
  }

  /** Sessions that have their key pairs and nothing more. */
  private List<LightSession> sessions(int count) {
    List<LightSession> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int service = i % keys.size();
      made.add(new LightSession(keys.get(service), declarations(service, i + 1), new Watching()));
    }
    return made;
  }

  private Future<Void> provision(LightSession session) {
    Strangers known = strangers;
    if (known == null) {
      throw new IllegalStateException("not prepared");
    }
    return session.provision(known, runtime());
  }

  private RegisterRequest declarations(int service, int number) {
    RegisterRequest.Builder request =
        RegisterRequest.newBuilder()
            .setCallEndpoint("127.0.0.1:" + (FIRST_PORT + number))
            .setProtocolVersion(1)
            .setSdkLanguage("java")
            .setSdkVersion("bench")
            .addIncoming(
                IncomingMethod.newBuilder().setType(MethodType.METHOD_TYPE_RPC).setName(METHOD));
    if (service != 0) {
      request.addOutgoing(uses(0));
    }
    for (int i = 1; i <= Math.min(NEIGHBOURS, keys.size() - 1); i++) {
      int neighbour = (service + i) % keys.size();
      if (neighbour != 0) {
        request.addOutgoing(uses(neighbour));
      }
    }
    return request.build();
  }

  private static OutgoingDep uses(int service) {
    return OutgoingDep.newBuilder()
        .setServiceName(SERVICE.formatted(service))
        .setMethodName(METHOD)
        .setType(MethodType.METHOD_TYPE_RPC)
        .build();
  }

  private JsonObject phase(List<LightSession> sessions, Function<LightSession, Future<Void>> step) {
    return Phase.run(vertx, sessions, step);
  }

  private Future<Void> onLoop(Supplier<Future<Void>> work) {
    return Phase.onLoop(vertx, work);
  }

  /** Waits until every session sees all of the first service. */
  private JsonObject settle() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (complete.size() < fleet.size()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "%d of %d sessions see all of the first service"
                .formatted(complete.size(), fleet.size()));
      }
      Thread.sleep(5);
    }
    return new JsonObject();
  }

  /** One more instance joins and leaves; tells how long it took until everybody had seen it. */
  private JsonObject visit() throws InterruptedException {
    LightSession guest = visitor;
    if (guest == null) {
      throw new IllegalStateException("not prepared");
    }
    Waiting.on(onLoop(() -> provision(guest)));
    Visit now = new Visit(guest.instanceId(), fleet.size());
    visit = now;
    long joined = System.nanoTime();
    Waiting.on(onLoop(() -> guest.connect(vertx, runtime())));
    double join = now.await(now.seen, "join") - joined;
    long left = System.nanoTime();
    Waiting.on(onLoop(guest::disconnect));
    double leave = now.await(now.gone, "leave") - left;
    return new JsonObject().put("join", join / 1e9).put("leave", leave / 1e9);
  }

  private HostPort runtime() {
    HostPort known = runtime;
    if (known == null) {
      throw new IllegalStateException("not prepared");
    }
    return known;
  }

  /** Who has seen the visitor. */
  private static final class Visit {
    private static final long LIMIT_SECONDS = 30;

    private final String instanceId;
    private final CountDownLatch seen;
    private final CountDownLatch gone;

    Visit(String instanceId, int watchers) {
      this.instanceId = instanceId;
      this.seen = new CountDownLatch(watchers);
      this.gone = new CountDownLatch(watchers);
    }

    long await(CountDownLatch all, String what) throws InterruptedException {
      if (!all.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            "%s: %d sessions have not seen it within %d s"
                .formatted(what, all.getCount(), LIMIT_SECONDS));
      }
      return System.nanoTime();
    }
  }

  /** Counts what one session sees; on its event loop. */
  private final class Watching implements LightSession.Sightings {
    private int ofFirstService;
    private boolean present;

    @Override
    public void appeared(LightSession by, List<ServiceInstanceInfo> instances) {
      for (ServiceInstanceInfo instance : instances) {
        if (by == visitor) {
          return;
        }
        if (instance.getInstanceId().equals(visit.instanceId)) {
          if (!present) {
            present = true;
            visit.seen.countDown();
          }
        } else if (instance.getServiceName().equals(SERVICE.formatted(0))
            && ++ofFirstService == wanted()) {
          complete.add(by);
        }
      }
    }

    @Override
    public void vanished(LightSession by, List<ServiceInstanceInfo> instances) {
      for (ServiceInstanceInfo instance : instances) {
        if (present && instance.getInstanceId().equals(visit.instanceId)) {
          present = false;
          visit.gone.countDown();
        }
      }
    }

    /** Instances of the first service. */
    private int wanted() {
      return (fleet.size() + keys.size() - 1) / keys.size();
    }
  }
}
