package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Callables;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Outgoing;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.OutgoingRow;
import io.trestle.protocol.events.EventName;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Bench.Inst;
import io.trestle.registry.core.Bench.Stream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/**
 * Whatever happens in whatever order, and however slowly frames are taken: when everything was
 * taken, each cache holds what its watcher may see.
 *
 * <p>It is asked twice. First while graces still run, against a view that the core builds anew:
 * that finds changes which marked too few. Then after all graces, against a model of rpc.md 1.3
 * that shares nothing with the core: that finds wrong views.
 */
class ViewPropertyTest {
  private static final String[] NAMES = {"n0", "n1", "n2", "n3"};
  private static final String[] EVENTS = {"e.a", "e.b", "x.y", "e.*"};
  private static final String[] PATTERNS = {"e.a", "e.*", "#", "x.#", "*.y"};
  private static final List<Capability> CAPABILITIES = List.of(Capability.values());
  private static final List<Action> ACTIONS = List.of(Action.values());
  private static final int INSTANCES = 8;

  /** The policy of one service, as its rows. */
  record Rows(Set<Capability> flags, List<Rule> rules) {
    static final Rows NONE = new Rows(EnumSet.allOf(Capability.class), List.of());

    List<Rule> of(Action action) {
      return rules.stream().filter(r -> r.action() == action).toList();
    }

    /** Rpc.md 1.3 rule 5; a null method is any. */
    boolean shows(int type, UUID peer, @Nullable String method) {
      if (type == Declarations.HTTP) {
        return true;
      }
      List<Rule> list = of(type == Declarations.RPC ? Action.RPC_CALL : Action.WORKFLOW_RUN);
      return list.isEmpty()
          || list.stream().anyMatch(r -> r.peer() == null)
          || list.stream()
              .filter(r -> peer.equals(r.peer()))
              .anyMatch(r -> method == null || Set.of("*", method).contains(r.target()));
    }

    boolean showsEvent(String name) {
      List<Rule> list = of(Action.EVENT_PUBLISH);
      return list.isEmpty() || list.stream().anyMatch(r -> Model.matches(r.target(), name));
    }

    boolean handles(int type) {
      return switch (type) {
        case Declarations.RPC -> flags.contains(Capability.RPC_HANDLE);
        case Declarations.WORKFLOW -> flags.contains(Capability.WORKFLOW_HANDLE);
        default -> true;
      };
    }
  }

  /** One thing that happens: {@code what} to the instance or service {@code who}. */
  record Step(int what, int who, int how) {}

  @Provide
  Arbitrary<List<Step>> anything() {
    return steps(Arbitraries.integers().between(0, 17), 60);
  }

  /** Registrations, names, presence, policies and time. */
  @Provide
  Arbitrary<List<Step>> changes() {
    return steps(Arbitraries.of(0, 2, 3, 3, 3, 4, 7, 9, 10, 15, 16, 16, 17), 15);
  }

  private static Arbitrary<List<Step>> steps(Arbitrary<Integer> what, int atMost) {
    return Combinators.combine(
            what,
            Arbitraries.integers().between(0, INSTANCES - 1),
            Arbitraries.integers().between(0, 10_000))
        .as(Step::new)
        .list()
        .ofMaxSize(atMost);
  }

  /** Much is declared, and everything that can happen does. */
  @Property(tries = 300)
  void caches_afterAnything_equalTheViews(@ForAll("anything") List<Step> steps) {
    World world = new World(3);
    steps.forEach(world::happens);
    world.compare();
  }

  /** Little is declared, so that nothing else makes good for a watcher that was not marked. */
  @Property(tries = 500)
  void caches_afterAFewChanges_equalTheViews(@ForAll("changes") List<Step> steps) {
    World world = new World(7);
    for (int i = 0; i < INSTANCES; i++) {
      world.happens(new Step(0, i, 0));
    }
    for (Step step : steps) {
      world.happens(step);
      world.settle();
      world.compareWithViewsBuiltAnew();
    }
    world.compare();
  }

  /** Four services with two instances each. */
  private static final class World {
    final Bench bench = new Bench();
    private final UUID[] services = new UUID[NAMES.length];
    private final String[] names = NAMES.clone();
    private final boolean[] active = new boolean[NAMES.length];
    private final Inst[] instances = new Inst[INSTANCES];
    private final Map<Inst, UUID> sessions = new HashMap<>();
    private final Map<UUID, Declaration> declared = new LinkedHashMap<>();
    private final Set<Inst> revoked = new HashSet<>();
    private final Map<UUID, Rows> rows = new HashMap<>();
    private CaptureModes capture = Bench.CAPTURE;
    private final int rarity;
    private long number;

    /** One in {@code rarity} things that could be declared is. */
    World(int rarity) {
      this.rarity = rarity;
      for (int i = 0; i < services.length; i++) {
        services[i] = bench.service(names[i]);
        active[i] = true;
      }
      for (int i = 0; i < INSTANCES; i++) {
        instances[i] = new Inst(services[i / 2], bench.id());
      }
    }

    void happens(Step step) {
      Inst instance = instances[step.who];
      int service = step.who / 2;
      switch (step.what) {
        case 0, 1 -> open(instance);
        case 2 -> closeSession(instance);
        case 3, 4, 5, 6 -> register(instance, step.how);
        case 7 -> stream(instance, step.how).ifPresent(bench::closeWatch);
        case 8 -> stream(instance, step.how).ifPresent(s -> bench.core.lost(s.id, bench.now));
        case 9 -> setActive(service, step.how % 3 != 0);
        case 10 -> rename(service, NAMES[step.how % NAMES.length]);
        case 11 -> revoke(instance, step.how);
        case 12 -> outcomes(instance, step.how);
        case 13 -> stream(instance, 0).ifPresent(s -> s.slow = !s.slow);
        case 14 -> capture(step.how);
        case 16, 17 -> policy(service, step.how);
        default -> bench.pass(step.how % 100 == 0 ? step.how : step.how % 100);
      }
    }

    private void open(Inst instance) {
      try {
        sessions.put(instance, bench.open(instance));
      } catch (Refused e) {
        assertThat(e.reason()).isEqualTo(Refused.Reason.UNAUTHENTICATED);
      }
    }

    private void closeSession(Inst instance) {
      UUID session = sessions.remove(instance);
      if (session != null) {
        bench.closeSession(instance, session);
      }
    }

    private void register(Inst instance, int seed) {
      Decl decl = declaration(seed);
      Stream stream = bench.register(instance, decl, ++number);
      declared.put(stream.id, decl.build());
    }

    /** A stream of the instance: the newest for 0, now and then an older one. */
    private Optional<Stream> stream(Inst instance, int how) {
      List<Stream> all =
          bench.streams.values().stream().filter(s -> s.instance.equals(instance.id())).toList();
      return all.isEmpty()
          ? Optional.empty()
          : Optional.of(all.get(how % 4 == 3 ? 0 : all.size() - 1));
    }

    private void setActive(int service, boolean now) {
      if (now && nameTaken(service, names[service])) {
        return;
      }
      active[service] = now;
      bench.announce(services[service], names[service], now);
    }

    private void rename(int service, String name) {
      if (!nameTaken(service, name)) {
        names[service] = name;
        bench.announce(services[service], name, active[service]);
      }
    }

    private boolean nameTaken(int service, String name) {
      for (int i = 0; i < names.length; i++) {
        if (i != service && active[i] && names[i].equals(name)) {
          return true;
        }
      }
      return false;
    }

    private void revoke(Inst instance, int how) {
      if (how % 5 == 0) {
        revoked.add(instance);
        bench.revoke(instance);
      }
    }

    private void outcomes(Inst instance, int how) {
      var outcome = new Callables.Outcome(instance.id(), how % 2, how % 7);
      bench.core.outcomes(List.of(outcome), bench.now);
    }

    private void capture(int how) {
      capture = new CaptureModes(how % 3 + 1, 2, 2, 2, true, 65_536);
      bench.core.captureModes(capture, bench.now);
    }

    /** Few rules, so that each of them decides something. */
    private void policy(int service, int seed) {
      Random random = new Random(seed);
      Set<Capability> flags = EnumSet.allOf(Capability.class);
      if (random.nextInt(3) == 0) {
        flags.remove(CAPABILITIES.get(random.nextInt(CAPABILITIES.size())));
      }
      List<Rule> rules = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        Action action = ACTIONS.get(random.nextInt(ACTIONS.size()));
        UUID peer = random.nextInt(4) == 0 ? null : services[random.nextInt(services.length)];
        String target = random.nextInt(3) == 0 ? "*" : "m" + random.nextInt(3);
        rules.add(
            action.isOfEvents()
                ? new Rule(action, null, PATTERNS[random.nextInt(PATTERNS.length)])
                : new Rule(action, peer, target));
      }
      rows.put(services[service], new Rows(flags, rules));
      bench.policy(services[service], ServicePolicy.of(flags, rules));
    }

    private Decl declaration(int seed) {
      Random random = new Random(seed);
      Decl decl = Decl.of();
      for (int i = 0; i < 3; i++) {
        if (random.nextBoolean()) {
          decl.rpc("m" + i, "h" + random.nextInt(2));
        }
      }
      if (random.nextInt(3) == 0) {
        decl.workflow("m0");
      }
      choose(random, EVENTS).forEach(decl::publishes);
      choose(random, PATTERNS).forEach(decl::subscribes);
      for (String name : choose(random, NAMES)) {
        decl.calls(name, random.nextBoolean() ? "*" : "m" + random.nextInt(3));
        if (random.nextBoolean()) {
          decl.runs(name, "*");
        }
      }
      return random.nextBoolean() ? decl.at("h:" + (1 + random.nextInt(3))) : decl;
    }

    private List<String> choose(Random random, String[] all) {
      List<String> chosen = new ArrayList<>();
      for (String one : all) {
        if (random.nextInt(rarity) == 0) {
          chosen.add(one);
        }
      }
      return chosen;
    }

    // ---- comparing

    void compare() {
      settle();
      compareWithViewsBuiltAnew();
      bench.pass(60_000);
      compareWithViewsBuiltAnew();
      compareWithTheModel();
    }

    /** Everybody takes everything, and what was marked is sent; no grace ends. */
    void settle() {
      bench.streams.values().forEach(s -> s.slow = false);
      bench.settle();
      bench.settle();
    }

    /** The registry streams that are in force. */
    private List<Stream> watching() {
      List<Stream> open = new ArrayList<>();
      for (Stream stream : bench.streams.values()) {
        if (bench.core.view(stream.id) != null) {
          open.add(stream);
        }
      }
      return open;
    }

    void compareWithViewsBuiltAnew() {
      for (Stream stream : watching()) {
        View view = Objects.requireNonNull(bench.core.view(stream.id));
        SdkCache cache = stream.cache;
        assertThat(cache.methods.keySet()).isEqualTo(view.methods.keySet());
        view.methods.forEach(
            (key, entry) ->
                assertThat(Entry.same(entry.row(), Objects.requireNonNull(cache.methods.get(key))))
                    .isTrue());
        assertThat(cache.instances).isEqualTo(view.instances);
        assertThat(cache.subscriptions).isEqualTo(view.subscriptions);
        assertThat(cache.outgoing).isEqualTo(view.outgoing);
        assertThat(cache.captureModes).isEqualTo(capture);
        assertThat(cache.policy).isEqualTo(bench.core.evaluation(stream.id));
        assertThat(cache.revokedInstances).containsAll(revoked.stream().map(Inst::id).toList());
        for (int i = 0; i < services.length; i++) {
          if (!active[i]) {
            assertThat(cache.revokedServices).contains(services[i]);
          }
        }
      }
    }

    void compareWithTheModel() {
      Model model = new Model(names, active, services, rows);
      List<Stream> watching = watching();
      for (Inst instance : instances) {
        for (Stream stream : watching) {
          if (stream.instance.equals(instance.id())) {
            boolean live = sessions.containsKey(instance) && !revoked.contains(instance);
            Declaration decl = Objects.requireNonNull(declared.get(stream.id));
            model.members.add(new Model.Member(instance, decl, live, stream.cache));
          }
        }
      }
      for (Model.Member watcher : model.members) {
        SdkCache cache = watcher.cache;
        Model.Seen seen = model.seenBy(watcher);
        assertThat(methods(cache)).isEqualTo(seen.methods);
        assertThat(instances(cache)).isEqualTo(seen.instances);
        assertThat(new HashSet<>(cache.subscriptionNames())).isEqualTo(seen.subscriptions);
        assertThat(cache.outgoing).isEqualTo(seen.outgoing);
      }
    }

    private static Set<String> methods(SdkCache cache) {
      Set<String> all = new HashSet<>();
      for (Method m : cache.methods.values()) {
        all.add(
            Model.method(m.instanceId(), m.serviceName(), m.type(), m.name(), m.contractHash()));
      }
      return all;
    }

    private static Set<String> instances(SdkCache cache) {
      Set<String> all = new HashSet<>();
      for (Instance i : cache.instances.values()) {
        all.add(i.instanceId() + " " + i.serviceName() + " " + i.callEndpoint());
      }
      return all;
    }
  }

  /** Rpc.md 1.3 as plainly as it can be said, over everything and every time anew. */
  private static final class Model {
    final List<Member> members = new ArrayList<>();
    private final String[] names;
    private final boolean[] active;
    private final UUID[] services;
    private final Map<UUID, Rows> rows;

    Model(String[] names, boolean[] active, UUID[] services, Map<UUID, Rows> rows) {
      this.names = names;
      this.active = active;
      this.services = services;
      this.rows = rows;
    }

    private Rows policy(UUID service) {
      return rows.getOrDefault(service, Rows.NONE);
    }

    record Member(Inst instance, Declaration decl, boolean live, SdkCache cache) {}

    static final class Seen {
      final Set<String> methods = new HashSet<>();
      final Set<String> instances = new HashSet<>();
      final Set<String> subscriptions = new HashSet<>();
      final Set<OutgoingRow> outgoing = new HashSet<>();
    }

    static String method(UUID instance, String service, int type, String name, String hash) {
      return instance + " " + service + " " + type + " " + name + " " + hash;
    }

    Seen seenBy(Member watcher) {
      Seen seen = new Seen();
      UUID self = watcher.instance.service();
      List<Member> own =
          members.stream()
              .filter(
                  m ->
                      m.instance.service().equals(self)
                          && (m.live || m.instance.equals(watcher.instance)))
              .toList();
      Set<UUID> scope = new HashSet<>();
      dependencies(watcher, scope, seen);
      events(own, self, scope, seen);
      for (Member m : members) {
        boolean peer = scope.contains(m.instance.service());
        if (m.live && (peer || m.instance.service().equals(self))) {
          seen.instances.add(
              m.instance.id() + " " + name(m.instance) + " " + m.decl.callEndpoint());
        }
        if (m.live && peer) {
          consumer(own, m, seen);
        }
      }
      own.forEach(m -> ownRows(m, self, seen));
      return seen;
    }

    private void dependencies(Member watcher, Set<UUID> scope, Seen seen) {
      for (Outgoing wanted : watcher.decl.outgoing()) {
        for (Member peer : members) {
          UUID service = peer.instance.service();
          if (!peer.live
              || !service.equals(byName(wanted.serviceName()))
              || service.equals(watcher.instance.service())) {
            continue;
          }
          Rows policy = policy(watcher.instance.service());
          boolean any = wanted.methodName().equals("*");
          if (!policy.shows(wanted.type(), service, any ? null : wanted.methodName())) {
            continue;
          }
          scope.add(service);
          peer.decl.incoming().stream()
              .filter(m -> m.type() == wanted.type())
              .filter(m -> policy(service).handles(m.type()))
              .filter(m -> policy.shows(m.type(), service, m.name()))
              .filter(m -> wanted.methodName().equals("*") || wanted.methodName().equals(m.name()))
              .forEach(
                  m ->
                      seen.methods.add(
                          method(
                              peer.instance.id(),
                              name(peer.instance),
                              m.type(),
                              m.name(),
                              m.contractHash())));
        }
      }
    }

    private void events(List<Member> own, UUID self, Set<UUID> scope, Seen seen) {
      for (Member peer : members) {
        UUID service = peer.instance.service();
        if (!peer.live || service.equals(self) || !isActive(service)) {
          continue;
        }
        peer.decl.published().stream()
            .filter(p -> own.stream().anyMatch(m -> subscribes(m, p.name())))
            .filter(p -> policy(self).showsEvent(p.name()))
            .forEach(
                p -> {
                  scope.add(service);
                  seen.methods.add(
                      method(
                          peer.instance.id(),
                          name(peer.instance),
                          Declarations.EVENT,
                          p.name(),
                          p.contractHash()));
                });
      }
    }

    private void consumer(List<Member> own, Member peer, Seen seen) {
      if (!policy(peer.instance.service()).flags().contains(Capability.EVENT_HANDLE)) {
        return;
      }
      for (Subscription s : peer.decl.subscriptions()) {
        boolean wanted =
            own.stream()
                .flatMap(m -> m.decl.published().stream())
                .anyMatch(p -> matches(s.pattern(), p.name()));
        if (wanted) {
          seen.subscriptions.add(name(peer.instance) + ":" + s.pattern());
        }
      }
    }

    private void ownRows(Member member, UUID self, Seen seen) {
      member
          .decl
          .subscriptions()
          .forEach(s -> seen.subscriptions.add(name(member.instance) + ":" + s.pattern()));
      for (Outgoing o : member.decl.outgoing()) {
        UUID target = byName(o.serviceName());
        if (target != null) {
          seen.outgoing.add(new OutgoingRow(self, target, o.methodName(), o.type()));
        }
      }
    }

    private static boolean subscribes(Member member, String event) {
      return member.decl.subscriptions().stream().anyMatch(s -> matches(s.pattern(), event));
    }

    static boolean matches(String pattern, String event) {
      return EventName.isValid(event) && EventPattern.parse(pattern).matches(event);
    }

    private String name(Inst instance) {
      return names[index(instance.service())];
    }

    private boolean isActive(UUID service) {
      return active[index(service)];
    }

    private int index(UUID service) {
      return List.of(services).indexOf(service);
    }

    private @Nullable UUID byName(String name) {
      for (int i = 0; i < names.length; i++) {
        if (active[i] && names[i].equals(name)) {
          return services[i];
        }
      }
      return null;
    }
  }
}
