package io.trestle.system.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.PolicyEvaluation;
import io.trestle.sdk.ServiceMap;
import io.trestle.system.fleet.Access.Grant;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Some services with their instances, and what can be done to them. Each service has an observer
 * besides, which only calls and to which nothing happens unless the whole service is revoked. One
 * thread drives; callers may look.
 */
final class Fleet implements AutoCloseable {
  static final int SERVICES = 4;
  private static final int MAX_NODES = 3;
  private static final int REVOCATION_EVERY = 8;
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(90);
  private static final Duration BURDENED_WITHIN = Duration.ofMillis(500);
  private static final List<String> UNTOUCHED = List.of("event.publish", "workflow.run");
  private static final List<String> HANDLED_ELSE =
      List.of("event.handle", "workflow.handle", "job.handle");

  private final TestKernel kernel;
  private final Journal journal;
  private final Random random;
  private final List<ServiceKey> keys = new ArrayList<>();
  private final Access[] access = new Access[SERVICES];
  private final Access[] known = new Access[SERVICES];
  private final List<Node> nodes = new CopyOnWriteArrayList<>();
  private final List<Node> ever = new CopyOnWriteArrayList<>();
  private final List<Node> cut = new ArrayList<>();
  private final List<Node> revoked = new CopyOnWriteArrayList<>();
  private int numbers;
  private int steps;

  Fleet(TestKernel kernel, Journal journal, Random random) {
    this.kernel = kernel;
    this.journal = journal;
    this.random = random;
    for (int i = 0; i < SERVICES; i++) {
      keys.add(kernel.service("fleet-" + i));
      access[i] = Access.OPEN;
      journal.reigns(i, Access.OPEN, System.nanoTime());
    }
    for (int i = 0; i < SERVICES; i++) {
      start(i, false);
      start(i, true);
    }
  }

  /** Everybody who calls, or tries to: those who were revoked last do not give up. */
  List<Node> callers() {
    List<Node> callers = new ArrayList<>(nodes);
    callers.addAll(revoked);
    return callers;
  }

  String name(int service) {
    return keys.get(service).name();
  }

  String id(int service) {
    return keys.get(service).id();
  }

  // ---- what happens

  /** Something, and what it was. */
  String happens() {
    int service = random.nextInt(SERVICES);
    List<Node> serving = serving(service);
    boolean revocation = ++steps % REVOCATION_EVERY == 0;
    int what = revocation ? 93 + random.nextInt(7) : random.nextInt(93);
    if (what < 45) {
      return edit(service, random.nextBoolean());
    }
    if (serving.isEmpty() || (what < 63 && serving.size() < MAX_NODES)) {
      return "start " + start(service, true);
    }
    Node node = serving.get(random.nextInt(serving.size()));
    if (cut.contains(node)) {
      return "nothing";
    }
    if (what < 77) {
      return "drain " + drain(node);
    }
    if (what < 88) {
      return "kill " + kill(node);
    }
    if (what < 93) {
      return "cut " + cutOff(node);
    }
    return what < 98 ? "revoke " + revoke(node) : revokeAll(service);
  }

  private List<Node> serving(int service) {
    return nodes.stream().filter(n -> n.service() == service && n.isServing()).toList();
  }

  private Node start(int service, boolean serving) {
    int port = Integer.parseInt(kernel.grpc().substring(kernel.grpc().lastIndexOf(':') + 1));
    Node node = new Node(service, ++numbers, serving, keys.get(service), port, journal, random);
    journal.trouble(node, Journal.Kind.START, System.nanoTime());
    node.start(needs(service), this::name);
    nodes.add(node);
    ever.add(node);
    return node;
  }

  /** Each instance has needs of its own, and not of everybody. */
  private Map<Integer, Set<String>> needs(int service) {
    Map<Integer, Set<String>> needs = new TreeMap<>();
    for (int peer = 0; peer < SERVICES; peer++) {
      Set<String> methods = needed();
      if (peer != service && !methods.isEmpty()) {
        needs.put(peer, methods);
      }
    }
    return needs;
  }

  private Set<String> needed() {
    String one = Node.METHODS.get(random.nextInt(Node.METHODS.size()));
    return switch (random.nextInt(6)) {
      case 0 -> Set.of();
      case 1 -> Set.of(one);
      case 2 -> Set.of("*");
      default -> Set.copyOf(Node.METHODS);
    };
  }

  /** Waits for calls under way; where nobody may call, there are none. */
  private static void burden(Node node) {
    node.burden();
    try {
      await()
          .atMost(BURDENED_WITHIN)
          .pollInterval(Duration.ofMillis(2))
          .until(() -> node.running() > 1);
    } catch (ConditionTimeoutException e) {
      // so be it
    }
  }

  private Node drain(Node node) {
    burden(node);
    journal.trouble(node, Journal.Kind.DRAIN, System.nanoTime());
    nodes.remove(node);
    node.drain();
    return node;
  }

  private Node kill(Node node) {
    burden(node);
    journal.trouble(node, Journal.Kind.KILL, System.nanoTime());
    nodes.remove(node);
    node.kill();
    return node;
  }

  private Node cutOff(Node node) {
    burden(node);
    journal.trouble(node, Journal.Kind.CUT, System.nanoTime());
    cut.add(node);
    node.cut();
    return node;
  }

  /** For ever: it will never be let in again. */
  private Node revoke(Node node) {
    burden(node);
    List<Node> before = forgetRevoked();
    String id = node.instanceId();
    loses(node);
    JsonObject unused =
        kernel.admin().ok("RegistryService/RevokeInstance", new JsonObject().put("instanceId", id));
    before.forEach(Node::drain);
    return node;
  }

  /** A whole service; it comes back with instances that nobody knew. */
  private String revokeAll(int service) {
    List<Node> all = nodes.stream().filter(node -> node.service() == service).toList();
    if (all.stream().anyMatch(cut::contains)) {
      return "nothing"; // it would not hear of it
    }
    List<Node> before = forgetRevoked();
    all.forEach(this::loses);
    kernel.admin().revokeService(id(service));
    all.forEach(node -> await().atMost(SETTLED_WITHIN).until(node::isOut));
    JsonObject unused =
        kernel.admin().ok("ServiceService/Activate", new JsonObject().put("id", id(service)));
    start(service, false);
    start(service, true);
    before.forEach(Node::drain);
    return "revoke all of " + service;
  }

  private void loses(Node node) {
    journal.trouble(node, Journal.Kind.REVOKE, System.nanoTime());
    nodes.remove(node);
    revoked.add(node);
  }

  private List<Node> forgetRevoked() {
    List<Node> before = List.copyOf(revoked);
    revoked.clear();
    return before;
  }

  private String edit(int service, boolean bySql) {
    Access next = Access.random(random, SERVICES, Node.METHODS);
    if (next.equals(known[service])) {
      return "nothing"; // after another one it could not be told from what is known already
    }
    journal.reigns(service, next, System.nanoTime());
    access[service] = next;
    if (bySql) {
      write(id(service), next);
    } else {
      kernel.admin().ok("PolicyService/Set", request(service, next));
    }
    return "edit " + service + (bySql ? " by SQL " : " ") + next;
  }

  /** In one transaction, since a list without rows is open. */
  private void write(String service, Access next) {
    try (Connection connection = kernel.sql().connect()) {
      connection.setAutoCommit(false);
      update(
          connection,
          "UPDATE services SET cap_rpc_call = ?, cap_rpc_handle = ?, cap_event_handle = ?,"
              + " cap_workflow_handle = ?, cap_job_handle = ? WHERE id = ?::uuid",
          next.calls(),
          next.handles(),
          next.handlesElse(),
          next.handlesElse(),
          next.handlesElse(),
          service);
      update(connection, "DELETE FROM service_policy_rules WHERE service_id = ?::uuid", service);
      insert(connection, service, "E", "rpc.call", next.egress());
      insert(connection, service, "A", "rpc.handle", next.acceptance());
      connection.commit();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private void insert(
      Connection connection, String service, String direction, String action, List<Grant> grants)
      throws SQLException {
    for (Grant grant : grants) {
      update(
          connection,
          "INSERT INTO service_policy_rules (service_id, direction, action, peer_service,"
              + " target_name) VALUES (?::uuid, ?, ?, NULLIF(?, '')::uuid, ?)",
          service,
          direction,
          action,
          peerId(grant),
          grant.method());
    }
  }

  private static void update(Connection connection, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      statement.execute();
    }
  }

  private JsonObject request(int service, Access next) {
    JsonArray flags = new JsonArray();
    UNTOUCHED.forEach(flags::add);
    if (next.calls()) {
      flags.add("rpc.call");
    }
    if (next.handles()) {
      flags.add("rpc.handle");
    }
    if (next.handlesElse()) {
      HANDLED_ELSE.forEach(flags::add);
    }
    JsonObject rules =
        new JsonObject()
            .put("rpc.call", targets(next.egress()))
            .put("rpc.handle", targets(next.acceptance()));
    return new JsonObject().put("id", id(service)).put("capabilities", flags).put("rules", rules);
  }

  private JsonArray targets(List<Grant> grants) {
    JsonArray targets = new JsonArray();
    grants.forEach(
        grant ->
            targets.add(
                (grant.peer() == Access.ANY ? "*" : name(grant.peer())) + "/" + grant.method()));
    return targets;
  }

  private String peerId(Grant grant) {
    return grant.peer() == Access.ANY ? "" : id(grant.peer());
  }

  // ---- what everybody knows

  /** Ends what is cut, and waits until every instance knows all that there is to know. */
  void settle(String seed) {
    cut.forEach(Node::join);
    cut.forEach(Node::relieve);
    cut.clear();
    await(seed)
        .atMost(SETTLED_WITHIN)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(
            () -> {
              nodes.forEach(this::assertKnowsAll);
              assertThat(revoked).allMatch(Node::isOut);
            });
    long now = System.nanoTime();
    nodes.forEach(node -> node.isKnown(now));
    journal.settled(now);
    System.arraycopy(access, 0, known, 0, SERVICES);
  }

  private void assertKnowsAll(Node node) {
    assertThat(node.isBack()).as("%s is back", node).isTrue();
    Access own = access[node.service()];
    PolicyEvaluation told = node.bridge().policyEvaluation().orElseThrow();
    assertThat(told.capabilities().contains("rpc.handle")).isEqualTo(own.handles());
    assertThat(told.capabilities().containsAll(HANDLED_ELSE)).isEqualTo(own.handlesElse());
    assertThat(told.warnings().stream().anyMatch(w -> isOfCalls(w.declaration(), w.denySide())))
        .isEqualTo(!own.calls() && node.declaresAny());
    assertThat(rules(told.egress())).isEqualTo(grants(own.egress()));
    assertThat(rules(told.acceptance())).isEqualTo(grants(own.acceptance()));
    for (int peer = 0; peer < SERVICES; peer++) {
      if (peer != node.service()) {
        assertThat(seen(node, peer)).as("%s sees of %s", node, peer).isEqualTo(shown(node, peer));
      }
    }
  }

  private static boolean isOfCalls(String declaration, String side) {
    return declaration.equals("rpc.call") && side.equals("capability");
  }

  private static Set<String> rules(List<PolicyEvaluation.Rule> rules) {
    Set<String> texts = new HashSet<>();
    rules.forEach(rule -> texts.add(rule.peerServiceId() + "/" + rule.target()));
    return texts;
  }

  private Set<String> grants(List<Grant> grants) {
    Set<String> texts = new HashSet<>();
    grants.forEach(grant -> texts.add(peerId(grant) + "/" + grant.method()));
    return texts;
  }

  private Set<String> seen(Node node, int peer) {
    Set<String> rows = new TreeSet<>();
    for (ServiceMap.Service service :
        node.bridge().serviceMap().service(name(peer)).stream().toList()) {
      service.methods().forEach(m -> rows.add(m.name() + " of " + m.instanceId()));
      service.instances().stream()
          .filter(instance -> !instance.callEndpoint().isEmpty())
          .forEach(instance -> rows.add(instance.instanceId()));
    }
    return rows;
  }

  private Set<String> shown(Node node, int peer) {
    Access own = access[node.service()];
    Set<String> rows = new TreeSet<>();
    List<String> visible =
        Node.METHODS.stream().filter(m -> node.declares(peer, m) && own.shows(peer, m)).toList();
    for (Node other : visible.isEmpty() ? List.<Node>of() : serving(peer)) {
      rows.add(other.instanceId());
      if (access[peer].handles()) {
        visible.forEach(method -> rows.add(method + " of " + other.instanceId()));
      }
    }
    return rows;
  }

  /** Whether a service had an instance that nothing happened to, known to everybody. */
  boolean hadStableNode(int service, long begin, long end) {
    return ever.stream()
        .anyMatch(n -> n.service() == service && n.isServing() && journal.isStable(n, begin, end));
  }

  @Override
  public void close() throws InterruptedException {
    List<Thread> leaving = callers().stream().map(node -> new Thread(node::drain)).toList();
    leaving.forEach(Thread::start);
    for (Thread thread : leaving) {
      thread.join();
    }
  }
}
