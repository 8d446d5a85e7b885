package io.trestle.events.core;

import io.trestle.conversations.Events.Event;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.JsonView;
import io.trestle.protocol.events.PatternTrie;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who gets an event (events.md 5): one delivery for each consumer that has a subscription whose
 * pattern matches the name and whose filter passes, and whose acceptance rules take the name.
 *
 * <p>Names repeat, so what a name leads to is kept until a subscription or a policy changes; only
 * filters are asked for every event, on a view of the payload that is parsed once, and not at all
 * when nobody filters.
 */
public final class FanOut {
  private static final int NAMES = 4_096;
  private static final int[] NOBODY = {};

  private final PatternTrie<Wish> wishes = new PatternTrie<>();
  private final Map<Integer, Consumer> consumers = new HashMap<>();
  private final Map<String, List<Route>> routes = new HashMap<>();
  private final Unevaluable unevaluable;

  /**
   * Knows nobody.
   *
   * @param unevaluable hears of events that have no JSON view although a filter was to be asked
   */
  public FanOut(Unevaluable unevaluable) {
    this.unevaluable = unevaluable;
  }

  /** Who hears of events whose payload no filter can look into. */
  @FunctionalInterface
  public interface Unevaluable {
    /** Once for each consumer that filters. */
    void event(UUID publisher, String name);
  }

  /** A consumer that gets the event, and why. */
  public record Target(int consumer, Match match) {}

  private record Wish(int consumer, int number, EventFilter filter) {}

  private record Consumer(ServicePolicy policy, List<Subscription> subscriptions) {}

  /** What one name leads to at one consumer; {@code all} is set when nothing is filtered. */
  private record Route(int consumer, List<Wish> wishes, @Nullable Match all) {}

  /** From now on the consumer has these subscriptions; none takes it out. */
  public void set(int consumer, List<Subscription> subscriptions, ServicePolicy policy) {
    Consumer before = consumers.remove(consumer);
    if (before != null) {
      before
          .subscriptions()
          .forEach(s -> wishes.remove(EventPattern.parse(s.pattern()), wish(consumer, s)));
    }
    if (!subscriptions.isEmpty()) {
      consumers.put(consumer, new Consumer(policy, subscriptions));
      subscriptions.forEach(s -> wishes.add(EventPattern.parse(s.pattern()), wish(consumer, s)));
    }
    routes.clear();
  }

  private static Wish wish(int consumer, Subscription s) {
    return new Wish(consumer, s.number(), EventFilter.parse(s.filter()));
  }

  /** Who gets this event, in the order of consumers; the name is valid. */
  public List<Target> targets(UUID publisher, Event event) {
    List<Route> known = routes.get(event.name());
    if (known == null) {
      if (routes.size() >= NAMES) {
        routes.clear();
      }
      known = routes(event.name());
      routes.put(event.name(), known);
    }
    return known.isEmpty() ? List.of() : filtered(publisher, event, known);
  }

  /** The numbers of all matches, ascending, as the log keeps them. */
  public static int[] numbers(List<Target> targets) {
    int[] numbers = NOBODY;
    for (Target target : targets) {
      int before = numbers.length;
      numbers = Arrays.copyOf(numbers, before + target.match().size());
      for (int i = 0; i < target.match().size(); i++) {
        numbers[before + i] = target.match().get(i);
      }
    }
    Arrays.sort(numbers);
    return numbers;
  }

  private List<Route> routes(String name) {
    Map<Integer, List<Wish>> byConsumer = new TreeMap<>();
    wishes.match(
        name,
        (pattern, wish) ->
            byConsumer.computeIfAbsent(wish.consumer(), c -> new ArrayList<>()).add(wish));
    List<Route> found = new ArrayList<>(byConsumer.size());
    byConsumer.forEach(
        (consumer, wanted) -> {
          Consumer known = consumers.get(consumer);
          if (known != null && known.policy().allows(Action.EVENT_HANDLE, name)) {
            found.add(route(consumer, wanted));
          }
        });
    return List.copyOf(found);
  }

  private static Route route(int consumer, List<Wish> wishes) {
    boolean open = wishes.stream().allMatch(wish -> wish.filter().passesAll());
    int[] numbers = wishes.stream().mapToInt(Wish::number).toArray();
    return new Route(consumer, List.copyOf(wishes), open ? Match.of(numbers) : null);
  }

  private List<Target> filtered(UUID publisher, Event event, List<Route> known) {
    List<Target> targets = new ArrayList<>(known.size());
    Optional<JsonView> view = asksFilters(known) ? view(event) : Optional.empty();
    for (Route route : known) {
      if (route.all() == null && view.isEmpty()) {
        unevaluable.event(publisher, event.name());
      }
      Match match = route.all() != null ? route.all() : passing(route, view);
      if (match != null) {
        targets.add(new Target(route.consumer(), match));
      }
    }
    return targets;
  }

  private static boolean asksFilters(List<Route> known) {
    for (Route route : known) {
      if (route.all() == null) {
        return true;
      }
    }
    return false;
  }

  private static Optional<JsonView> view(Event event) {
    return JsonView.ofEvent(event.payloadJson(), event.payload(), event.contractHash());
  }

  private static @Nullable Match passing(Route route, Optional<JsonView> view) {
    int[] numbers = new int[route.wishes().size()];
    int passed = 0;
    for (Wish wish : route.wishes()) {
      if (wish.filter().passesAll() || view.map(wish.filter()::test).orElse(false)) {
        numbers[passed++] = wish.number();
      }
    }
    return passed == 0 ? null : Match.of(Arrays.copyOf(numbers, passed));
  }
}
