package io.trestle.benchmarks.worker;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingDep;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Watchers of policies, one for each of the first services, in one process, which also makes the
 * edits: so one clock says how long it takes from an edit to the frames. A service uses the method
 * of the next two.
 */
final class PolicyRole implements Role {
  private static final String METHOD = "echo";
  private static final int NEIGHBOURS = 2;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int FIRST_PORT = 20_000;

  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<LightSession> sessions = new ArrayList<>();
  private final List<Watching> watching = new ArrayList<>();
  private String url = "";
  private String token = "";
  private long quietMillis;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return switch (command) {
      case "connect" -> connect(arguments);
      case "idle" -> idle();
      case "edit" -> edit(arguments);
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  @Override
  public void close() {
    // the connections go with the process
  }

  private JsonObject connect(JsonObject arguments) throws InterruptedException {
    url = arguments.getString("http");
    token = arguments.getString("token");
    quietMillis = arguments.getLong("quiet_millis");
    HostPort runtime = Provision.address(arguments.getString("url"));
    JsonArray keys = arguments.getJsonArray("keys");
    JsonArray names = arguments.getJsonArray("names");
    for (int i = 0; i < keys.size(); i++) {
      Watching watcher = new Watching();
      watching.add(watcher);
      BootstrapKey key = BootstrapKey.parse(keys.getString(i));
      sessions.add(new LightSession(key, declarations(i, names), watcher));
    }
    Strangers strangers = new Strangers(vertx, BootstrapKey.parse(keys.getString(0)).ca());
    Phase.run(vertx, sessions, session -> session.provision(strangers, runtime));
    JsonObject connected = Phase.run(vertx, sessions, session -> session.connect(vertx, runtime));
    settle();
    return connected;
  }

  private static RegisterRequest declarations(int service, JsonArray names) {
    RegisterRequest.Builder request =
        RegisterRequest.newBuilder()
            .setCallEndpoint("127.0.0.1:" + (FIRST_PORT + service))
            .setProtocolVersion(1)
            .setSdkLanguage("java")
            .setSdkVersion("bench")
            .addIncoming(
                IncomingMethod.newBuilder().setType(MethodType.METHOD_TYPE_RPC).setName(METHOD));
    for (int i = 1; i <= NEIGHBOURS; i++) {
      request.addOutgoing(
          OutgoingDep.newBuilder()
              .setServiceName(names.getString((service + i) % names.size()))
              .setMethodName(METHOD)
              .setType(MethodType.METHOD_TYPE_RPC));
    }
    return request.build();
  }

  /** Nobody is told anything for a while; tells how long that was waited for. */
  private JsonObject idle() throws InterruptedException {
    long begin = System.nanoTime();
    settle();
    return new JsonObject().put("seconds", (System.nanoTime() - begin) / 1e9);
  }

  private void settle() throws InterruptedException {
    long end = System.nanoTime() + LIMIT_NANOS;
    int before = -1;
    for (int now = frames(); now != before; now = frames()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("watchers are told something all the time");
      }
      before = now;
      Thread.sleep(quietMillis);
    }
  }

  private int frames() {
    return watching.stream().mapToInt(watcher -> watcher.frames).sum();
  }

  /** Makes an edit; tells when who knew of it, and how many frames nobody needed. */
  private JsonObject edit(JsonObject arguments) throws Exception {
    watching.forEach(watcher -> watcher.frames = 0);
    boolean acceptance = arguments.getBoolean("acceptance");
    boolean allowed = arguments.getBoolean("allowed");
    Watching caller = watching.get(arguments.getInteger("caller"));
    Watching callee = watching.get(arguments.getInteger("callee"));
    String callerId = arguments.getString("caller_id");
    String calleeId = arguments.getString("callee_id");
    String value = arguments.getString("callee_name") + "/" + METHOD;
    long begin = System.nanoTime();
    post(arguments.getJsonObject("request"));
    JsonObject answer = new JsonObject().put("answered", (System.nanoTime() - begin) / 1e9);
    if (acceptance) {
      long knows = callee.await(policy -> allows(policy.getAcceptanceList(), callerId) == allowed);
      long told = caller.await(policy -> warns(policy, value) != allowed);
      answer.put("callee", (knows - begin) / 1e9).put("caller", (told - begin) / 1e9);
    } else {
      long knows = caller.await(policy -> allows(policy.getEgressList(), calleeId) == allowed);
      answer.put("caller", (knows - begin) / 1e9);
    }
    settle();
    int needed = acceptance ? 2 : 1;
    return answer
        .put("unneeded", frames() - needed)
        .put("seconds", (System.nanoTime() - begin) / 1e9);
  }

  private static boolean allows(List<PolicyRule> rules, String peer) {
    return rules.stream()
        .anyMatch(
            rule -> rule.getPeerServiceId().equals(peer) && rule.getTargetName().equals(METHOD));
  }

  private static boolean warns(PolicyEvaluation policy, String value) {
    return policy.getWarningsList().stream().anyMatch(warning -> warning.getValue().equals(value));
  }

  private void post(JsonObject request) throws Exception {
    HttpRequest post =
        HttpRequest.newBuilder(URI.create(url).resolve("/servicebridge.ui.v1.PolicyService/Set"))
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(request.encode()))
            .build();
    HttpResponse<String> reply = http.send(post, HttpResponse.BodyHandlers.ofString());
    if (reply.statusCode() != 200) {
      throw new IllegalStateException("the policy cannot be set: " + reply.body());
    }
  }

  /** What one watcher has been told; written on its event loop. */
  private static final class Watching implements LightSession.Sightings {
    private volatile int frames;
    private PolicyEvaluation policy = PolicyEvaluation.getDefaultInstance();
    private long since;

    @Override
    public void appeared(LightSession by, List<ServiceInstanceInfo> instances) {}

    @Override
    public void vanished(LightSession by, List<ServiceInstanceInfo> instances) {}

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one event loop writes it
    public void heard(RegistryEvent news) {
      boolean told =
          news.hasSnapshot() ? news.getSnapshot().hasPolicy() : news.getUpdate().hasPolicy();
      synchronized (this) {
        frames++;
        if (told) {
          policy =
              news.hasSnapshot() ? news.getSnapshot().getPolicy() : news.getUpdate().getPolicy();
          since = System.nanoTime();
          notifyAll();
        }
      }
    }

    /** Waits until the policy is as wanted; tells when it became so. */
    synchronized long await(Predicate<PolicyEvaluation> wanted) throws InterruptedException {
      long end = System.nanoTime() + LIMIT_NANOS;
      while (!wanted.test(policy)) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new IllegalStateException("a watcher was not told of an edit");
        }
        wait(left);
      }
      return since;
    }
  }
}
