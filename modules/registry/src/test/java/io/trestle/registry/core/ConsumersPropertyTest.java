package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Declarations.Subscription;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Subscribers;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.registry.core.Bench.Inst;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * Whatever happens in whatever order: at the end of each turn, what was told last of each service
 * is what its history says, read from the beginning.
 */
class ConsumersPropertyTest {
  private static final int SERVICES = 2;
  private static final int INSTANCES = 4;

  record Step(int what, int who, int how) {}

  @Provide
  Arbitrary<List<Step>> anything() {
    return Combinators.combine(
            Arbitraries.of(0, 0, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 8, 8),
            Arbitraries.integers().between(0, INSTANCES - 1),
            Arbitraries.integers().between(0, 10_000))
        .as(Step::new)
        .list()
        .ofMaxSize(40);
  }

  @Property(tries = 1_000)
  void told_afterAnything_isWhatTheHistorySays(@ForAll("anything") List<Step> steps) {
    World world = new World();
    for (Step step : steps) {
      world.happens(step);
      world.compare();
    }
    world.bench.pass(Consumers.WITHOUT_SESSION_MILLIS);
    world.compare();
  }

  /** Something that happened to an instance. */
  private record Event(long at, Kind kind, long number, List<Subscription> subscriptions) {}

  private enum Kind {
    REGISTERED,
    OPENED,
    ENDED
  }

  private static final class World {
    final Bench bench = new Bench();
    private final UUID[] services = new UUID[SERVICES];
    private final boolean[] active = {true, true};
    private final Inst[] instances = new Inst[INSTANCES];
    private final Map<Inst, UUID> sessions = new HashMap<>();
    private final Map<Inst, List<Event>> histories = new LinkedHashMap<>();
    private final Set<Inst> revoked = new HashSet<>();
    private long number;
    private long patterns;

    World() {
      for (int i = 0; i < SERVICES; i++) {
        services[i] = bench.service("n" + i);
      }
      for (int i = 0; i < INSTANCES; i++) {
        instances[i] = new Inst(services[i % SERVICES], bench.id());
      }
    }

    void happens(Step step) {
      Inst instance = instances[step.who];
      switch (step.what) {
        case 0 -> open(instance);
        case 1 -> closeSession(instance);
        case 2 -> register(instance, ++number);
        case 3 -> register(instance, Math.max(1, number - step.how % 3));
        case 4 -> closeWatch(instance);
        case 5 -> setActive(step.who % SERVICES, step.how % 2 == 0);
        case 6 -> revoke(instance, step.how);
        case 7 -> bench.core.untold(instance.service());
        default -> bench.pass(step.how % 3 == 0 ? 1_000L : step.how * 8L);
      }
    }

    private void open(Inst instance) {
      // A registration that is in force counts again; what is in force is another test's business.
      var declared = bench.core.declarations(instance.service()).get(instance.id());
      try {
        sessions.put(instance, bench.open(instance));
        note(instance, Kind.OPENED, 0, declared == null ? List.of() : declared.subscriptions());
      } catch (Refused e) {
        assertThat(e.reason()).isEqualTo(Refused.Reason.UNAUTHENTICATED);
      }
    }

    private void closeSession(Inst instance) {
      UUID session = sessions.remove(instance);
      if (session != null) {
        bench.closeSession(instance, session);
        note(instance, Kind.ENDED, 0, List.of());
      }
    }

    /** Each with a pattern of its own, so that it can be told which one counts. */
    private void register(Inst instance, long registration) {
      Decl decl = Decl.of().subscribes("e.n" + ++patterns);
      if (active[instance.service().equals(services[0]) ? 0 : 1] && !revoked.contains(instance)) {
        note(instance, Kind.REGISTERED, registration, decl.build().subscriptions());
      }
      bench.register(instance, decl, registration);
    }

    private void closeWatch(Inst instance) {
      bench.streams.values().stream()
          .filter(s -> s.instance.equals(instance.id()))
          .forEach(bench::closeWatch);
    }

    private void setActive(int service, boolean now) {
      active[service] = now;
      bench.announce(services[service], "n" + service, now);
    }

    private void revoke(Inst instance, int how) {
      if (how % 4 == 0) {
        revoked.add(instance);
        bench.revoke(instance);
      }
    }

    private void note(Inst of, Kind kind, long n, List<Subscription> subscriptions) {
      history(of).add(new Event(bench.now, kind, n, subscriptions));
    }

    private List<Event> history(Inst instance) {
      return histories.computeIfAbsent(instance, i -> new ArrayList<>());
    }

    void compare() {
      bench.core.publish();
      Map<UUID, Subscriber> all = new HashMap<>();
      bench.core.subscribers().forEach(s -> all.put(s.serviceId(), s));
      for (int i = 0; i < SERVICES; i++) {
        Subscriber expected =
            new Subscriber(services[i], "n" + i, active[i], expected(services[i]));
        assertThat(byInstance(bench.subscribers.get(services[i]))).isEqualTo(byInstance(expected));
        assertThat(all.get(services[i])).isEqualTo(bench.subscribers.get(services[i]));
      }
    }

    /** The order of instances says nothing. */
    private static Set<Object> byInstance(@Nullable Subscriber subscriber) {
      assertThat(subscriber).isNotNull();
      Set<Object> content = new HashSet<>(subscriber.instances());
      content.add(subscriber.name() + subscriber.active());
      return content;
    }

    private List<Subscribers.Instance> expected(UUID service) {
      List<Subscribers.Instance> expected = new ArrayList<>();
      histories.forEach(
          (instance, history) -> {
            Event counts = counts(history);
            if (instance.service().equals(service)
                && !revoked.contains(instance)
                && counts != null) {
              expected.add(
                  new Subscribers.Instance(
                      instance.id(),
                      sessions.containsKey(instance),
                      false,
                      counts.number,
                      counts.subscriptions,
                      Set.of()));
            }
          });
      return expected;
    }

    /** The registration by which an instance counts now. */
    private @Nullable Event counts(List<Event> history) {
      Event counting = null;
      boolean session = false;
      for (Event event : history) {
        if (counting != null && !session && isOver(counting, event.at)) {
          counting = null;
        }
        switch (event.kind) {
          case ENDED -> {
            counting = null;
            session = false;
          }
          case OPENED -> {
            session = true;
            counting = counting == null ? registration(history, event.subscriptions) : counting;
          }
          case REGISTERED ->
              counting = counting == null || counting.number < event.number ? event : counting;
        }
      }
      return counting == null || (!session && isOver(counting, bench.now)) ? null : counting;
    }

    private static @Nullable Event registration(List<Event> history, List<Subscription> declared) {
      return history.stream()
          .filter(e -> e.kind == Kind.REGISTERED && e.subscriptions.equals(declared))
          .findFirst()
          .orElse(null);
    }

    private static boolean isOver(Event registration, long now) {
      return registration.at + Consumers.WITHOUT_SESSION_MILLIS <= now;
    }
  }
}
