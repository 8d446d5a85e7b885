package io.trestle.events;

import io.trestle.conversations.Subscribers.Instance;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.events.ConsumerStore.Consumer;
import io.trestle.events.ConsumerStore.Progress;
import io.trestle.events.ConsumerStore.Wanted;
import io.trestle.events.core.Burial;
import io.trestle.events.core.Member;
import io.trestle.events.core.Subscription;
import io.trestle.kernel.pipeline.Write;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.RetryPolicy;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.ServicePolicy;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which consumers there are and what they subscribe to. A service is one consumer for each group
 * that its subscriptions name; the one without a name is there for every service that subscribes.
 *
 * <p>What takes effect, takes effect after its commit: consumer and subscription get their numbers,
 * the rows are stored, and then fan-out and dispatcher hear of it. So a number in the log always
 * has its row. Changes of one service are applied one after the other, in the order in which they
 * were told.
 *
 * <p>Effective (events.md 4.5) is the union of the live instances; while there is none, what was
 * effective last, which the rows remember. After a start nobody is live, though the sessions of a
 * fleet did not end: what was effective then stays so until it was declared again, dropped by a
 * registration, or a minute has passed. Else an event that is published when half of the fleet is
 * back would never reach what the other half declares.
 *
 * <p>Thread: the owner's event loop.
 */
final class ConsumerBook {
  private static final Logger LOG = LoggerFactory.getLogger(ConsumerBook.class);
  static final String SERVICE = "service";
  static final String HTTP = "http";

  /** As long as an instance counts without a session. */
  private static final long AWAITED_MILLIS = 60_000;

  private final EventsHouse house;
  private final Added added;
  private final Map<UUID, Map<String, ConsumerFeed>> services = new HashMap<>();
  private final Map<UUID, Map<String, ConsumerFeed>> pulled = new HashMap<>();
  private final Map<Integer, Boolean> effective = new HashMap<>();
  private final Map<Integer, Wanted> rows = new HashMap<>();

  /** Rows that were edited by hand until nothing can match them; what matched before stays. */
  private final Set<Integer> broken = new HashSet<>();

  private final Map<UUID, Subscriber> told = new HashMap<>();
  private final Map<UUID, Future<Void>> busy = new HashMap<>();

  /** Services that were deleted. */
  private final Set<UUID> gone = new HashSet<>();

  /** Effective at the start, and not declared by anybody since. */
  private final Set<Integer> awaited = new HashSet<>();

  private int consumers;
  private int subscriptions;

  /**
   * Empty.
   *
   * @param added hears of each consumer that is new after the start
   */
  ConsumerBook(EventsHouse house, Added added) {
    this.house = house;
    this.added = added;
  }

  /** Who hears of new consumers. */
  @FunctionalInterface
  interface Added {
    void to(ConsumerFeed feed);
  }

  // ---- recovery

  void load(Consumer consumer) {
    consumers = Math.max(consumers, consumer.number());
    add(new ConsumerFeed(consumer, house));
  }

  void load(Wanted row) {
    subscriptions = Math.max(subscriptions, row.number());
    ConsumerFeed feed = house.feeds().get(row.consumer());
    if (feed != null) {
      String problem = problem(row);
      if (problem != null) {
        broken.add(row.number());
        LOG.warn(
            "subscription matches nothing, it was edited by hand: mend the row or delete it"
                + " subscription={} consumer={} service={} reason={}",
            row.number(),
            row.consumer(),
            row.service(),
            problem);
      }
      feed.learn(
          new Subscription(row.number(), row.pattern(), row.filter(), retry(row), row.ttlMillis()));
      effective.put(row.number(), row.effective());
      rows.put(row.number(), row);
    }
  }

  /** What is wrong with pattern or filter; null for nothing, as it is unless edited by hand. */
  private static @Nullable String problem(Wanted row) {
    try {
      EventFilter.parse(row.filter());
      return EventPattern.problem(row.pattern());
    } catch (RuntimeException e) {
      return e.getMessage();
    }
  }

  /** Null for none, and for one that was edited by hand until it is none. */
  private static @Nullable RetryPolicy retry(Wanted row) {
    try {
      return row.options().isEmpty() ? null : RetryPolicy.parse(row.options());
    } catch (IllegalArgumentException e) {
      LOG.warn("ignored subscription={} reason={}", row.number(), e.getMessage());
      return null;
    }
  }

  /** All rows were told: nobody is live yet. */
  void loaded() {
    Set<Integer> fetched = new HashSet<>();
    pulled.values().stream()
        .flatMap(feeds -> feeds.values().stream())
        .flatMap(feed -> feed.known().stream())
        .forEach(s -> fetched.add(s.number()));
    effective.forEach(
        (number, was) -> {
          if (was && !fetched.contains(number)) {
            awaited.add(number);
          }
        });
    house.feeds().values().forEach(feed -> apply(feed, List.of(), false));
    house.after(AWAITED_MILLIS, this::awaitNoMore);
  }

  private void awaitNoMore() {
    awaited.clear();
    told.forEach(
        (service, subscriber) ->
            of(service).forEach(feed -> apply(feed, subscriber.instances(), false)));
  }

  private void add(ConsumerFeed feed) {
    Consumer consumer = feed.consumer();
    house.feeds().put(consumer.number(), feed);
    (consumer.kind().equals(HTTP) ? pulled : services)
        .computeIfAbsent(consumer.owner(), s -> new LinkedHashMap<>())
        .put(consumer.group(), feed);
  }

  // ---- changes

  /** Instances of a service whose control session is open. */
  Set<UUID> sessions(UUID service) {
    Set<UUID> open = new HashSet<>();
    for (Instance instance : instances(service)) {
      if (instance.session()) {
        open.add(instance.instanceId());
      }
    }
    return open;
  }

  /** The consumers that the instances of a service are. */
  List<ConsumerFeed> of(UUID service) {
    return List.copyOf(services.getOrDefault(service, Map.of()).values());
  }

  /** The consumers of a service that fetch over HTTP, deleted ones included, by name. */
  Map<String, ConsumerFeed> pulled(UUID service) {
    return pulled.getOrDefault(service, Map.of());
  }

  /** Both. */
  List<ConsumerFeed> all(UUID service) {
    List<ConsumerFeed> all = new ArrayList<>(of(service));
    all.addAll(pulled(service).values());
    return all;
  }

  @Nullable Instance instance(UUID service, UUID instance) {
    for (Instance candidate : instances(service)) {
      if (candidate.instanceId().equals(instance)) {
        return candidate;
      }
    }
    return null;
  }

  /** The live instances of a service. */
  List<Instance> instances(UUID service) {
    Subscriber subscriber = told.get(service);
    return subscriber == null ? List.of() : subscriber.instances();
  }

  /** Whether events are matched with a subscription, the policy aside. */
  boolean isEffective(int subscription) {
    return effective.getOrDefault(subscription, false);
  }

  /**
   * Takes over a service as it is now.
   *
   * @param byRegistration whether an instance has just registered
   * @return completes when it has taken effect
   */
  Future<Void> change(Subscriber subscriber, boolean byRegistration) {
    UUID service = subscriber.serviceId();
    Future<Void> before = busy.getOrDefault(service, Future.succeededFuture());
    Future<Void> now =
        before.transform(v -> store(subscriber).onSuccess(w -> take(subscriber, byRegistration)));
    busy.put(service, now);
    now.onComplete(v -> busy.remove(service, now));
    return now;
  }

  private Future<Void> store(Subscriber subscriber) {
    List<Consumer> newConsumers = new ArrayList<>();
    List<Wanted> newRows = new ArrayList<>();
    Map<String, Integer> fresh = new HashMap<>();
    Set<List<String>> seen = new HashSet<>();
    for (Instance instance : subscriber.instances()) {
      for (var s : instance.subscriptions()) {
        if (!seen.add(List.of(s.group(), s.pattern(), s.filter()))) {
          continue;
        }
        ConsumerFeed feed = feed(subscriber.serviceId(), s.group());
        Subscription known = feed == null ? null : feed.subscription(s.pattern(), s.filter());
        if (known != null && isSame(s, rows.get(known.number()))) {
          continue;
        }
        int consumer =
            feed != null
                ? feed.consumer().number()
                : fresh.computeIfAbsent(
                    s.group(), g -> newConsumer(SERVICE, subscriber.serviceId(), g, newConsumers));
        int number = known != null ? known.number() : ++subscriptions;
        newRows.add(row(number, consumer, subscriber.serviceId(), s));
      }
    }
    if (newRows.isEmpty()) {
      return Future.succeededFuture();
    }
    Write unit =
        Write.ofAll(ConsumerStore.KEEP_CONSUMER, newConsumers)
            .andAll(ConsumerStore.KEEP_SUBSCRIPTION, newRows)
            .build();
    return house
        .pipeline()
        .submit(unit)
        .onSuccess(v -> learn(newConsumers, newRows))
        .recover(e -> reload(subscriber.serviceId()).transform(v -> Future.failedFuture(e)));
  }

  /** A write of which nobody knows may be there; then its numbers are those that count. */
  private Future<Void> reload(UUID service) {
    return house
        .consumers()
        .consumers()
        .onSuccess(
            rows ->
                rows.stream()
                    .filter(c -> c.owner().equals(service))
                    .filter(c -> !house.feeds().containsKey(c.number()))
                    .forEach(this::found))
        .compose(v -> house.consumers().subscriptions())
        .onSuccess(
            rows -> rows.stream().filter(r -> r.service().equals(service)).forEach(this::load))
        .mapEmpty();
  }

  private void found(Consumer consumer) {
    load(consumer);
    ConsumerFeed feed = house.feeds().get(consumer.number());
    if (feed != null) {
      feed.restored(house.head());
      added.to(feed);
    }
  }

  private int newConsumer(String kind, UUID service, String group, List<Consumer> to) {
    int number = ++consumers;
    long now = house.now();
    to.add(
        new Consumer(
            number,
            kind,
            service,
            group,
            now,
            new Progress(number, house.head(), "{}", 0, now, "")));
    return number;
  }

  private static Wanted row(
      int number,
      int consumer,
      UUID service,
      io.trestle.conversations.Declarations.Subscription s) {
    return new Wanted(
        number, consumer, service, s.pattern(), s.filter(), s.retryPolicy(), true, s.ttlMillis());
  }

  private static boolean isSame(
      io.trestle.conversations.Declarations.Subscription s, @Nullable Wanted row) {
    return row != null && s.retryPolicy().equals(row.options()) && s.ttlMillis() == row.ttlMillis();
  }

  private void learn(List<Consumer> newConsumers, List<Wanted> rows) {
    for (Consumer consumer : newConsumers) {
      ConsumerFeed feed = new ConsumerFeed(consumer, house);
      feed.restored(house.head());
      add(feed);
      added.to(feed);
      LOG.info(
          "consumer added number={} service={} group={}",
          consumer.number(),
          house.gates().name(consumer.owner()),
          consumer.group());
    }
    rows.forEach(this::load);
  }

  private @Nullable ConsumerFeed feed(UUID service, String group) {
    return services.getOrDefault(service, Map.of()).get(group);
  }

  // ---- those that fetch

  /**
   * Stores what a consumer that fetches over HTTP subscribes to from now on, and how it is handed
   * out; what it subscribed to before and is not named is not effective any more.
   *
   * @param patterns none for one that is deleted
   * @param tuning how, for the number of the consumer
   * @return completes with the consumer when it is stored; {@link #effect} is still to be called
   */
  Future<ConsumerFeed> keepPulled(
      UUID service,
      String name,
      List<String> patterns,
      String filter,
      BiFunction<Write.Builder, Integer, Write.Builder> tuning) {
    List<Consumer> newConsumers = new ArrayList<>();
    List<Wanted> newRows = new ArrayList<>();
    ConsumerFeed feed = pulled(service).get(name);
    int consumer =
        feed == null ? newConsumer(HTTP, service, name, newConsumers) : feed.consumer().number();
    Set<Integer> kept = new HashSet<>();
    for (String pattern : patterns) {
      Subscription known = feed == null ? null : feed.subscription(pattern, filter);
      int number = known == null ? ++subscriptions : known.number();
      kept.add(number);
      newRows.add(new Wanted(number, consumer, service, pattern, filter, "", true, 0));
    }
    if (feed != null) {
      noMore(feed, kept).forEach(newRows::add);
    }
    Write.Builder unit =
        Write.ofAll(ConsumerStore.KEEP_CONSUMER, newConsumers)
            .andAll(ConsumerStore.KEEP_SUBSCRIPTION, newRows)
            .orderKey(this);
    return house
        .pipeline()
        .submit(tuning.apply(unit, consumer).build())
        .onSuccess(v -> learn(newConsumers, newRows))
        .recover(e -> reload(service).transform(v -> Future.failedFuture(e)))
        .map(v -> Objects.requireNonNull(house.feeds().get(consumer)));
  }

  /** The effective subscriptions of a consumer but these, as not effective. */
  private List<Wanted> noMore(ConsumerFeed feed, Set<Integer> but) {
    return feed.known().stream()
        .filter(s -> isEffective(s.number()) && !but.contains(s.number()))
        .map(s -> Objects.requireNonNull(rows.get(s.number())).effective(false))
        .toList();
  }

  // ---- those whose service is gone

  /**
   * The service does not exist any more: its subscriptions are taken away, and what waits for them
   * becomes dead letters (events.md 8.4).
   *
   * @return false if that was known
   */
  boolean serviceDeleted(UUID service) {
    if (!gone.add(service)) {
      return false;
    }
    List<Wanted> dropped =
        all(service).stream().flatMap(feed -> noMore(feed, Set.of()).stream()).toList();
    for (ConsumerFeed feed : all(service)) {
      house.fanOut().set(feed.consumer().number(), List.of(), ServicePolicy.OPEN);
      feed.dissolve(Burial.Reason.SUBSCRIBER_UNAVAILABLE, "service deleted");
    }
    dropped.forEach(this::load);
    LOG.info("consumers of a deleted service taken away service={}", service);
    for (Wanted row : dropped) {
      house
          .untilDone(ConsumerStore.KEEP_SUBSCRIPTION, row)
          .onFailure(e -> LOG.warn("subscription kept number={}", row.number()));
    }
    return true;
  }

  // ---- effect

  private void take(Subscriber subscriber, boolean byRegistration) {
    Subscriber before = told.put(subscriber.serviceId(), subscriber);
    boolean dropped = byRegistration && before != null && drops(before, subscriber);
    for (ConsumerFeed feed : of(subscriber.serviceId())) {
      apply(feed, subscriber.instances(), dropped);
    }
  }

  /**
   * Whether an instance has registered again with less. The first registration of an instance may
   * have less than what is effective because others of a fleet that starts again are still to come:
   * what they had gets the grace of a disconnect.
   */
  private static boolean drops(Subscriber before, Subscriber now) {
    for (Instance old : before.instances()) {
      for (Instance instance : now.instances()) {
        if (instance.instanceId().equals(old.instanceId())
            && instance.registration() > old.registration()
            && !instance.subscriptions().containsAll(old.subscriptions())) {
          return true;
        }
      }
    }
    return false;
  }

  /** The policy of a service changed. */
  void policyChanged(UUID service) {
    List<Instance> live = instances(service);
    of(service).forEach(feed -> apply(feed, live, false));
  }

  private void apply(ConsumerFeed feed, List<Instance> instances, boolean byRegistration) {
    List<Member> live = members(feed, instances);
    if (!live.isEmpty()) {
      remember(feed, live, byRegistration);
    }
    effect(feed, live, byRegistration);
  }

  /** What is effective takes effect, for these instances. */
  void effect(ConsumerFeed feed, List<Member> live, boolean byRegistration) {
    if (gone.contains(feed.consumer().owner())) {
      return;
    }
    List<Subscription> wanted = effective(feed);
    UUID service = feed.consumer().owner();
    ServicePolicy policy = house.gates().policy(service);
    Subscriber subscriber = told.get(service);
    boolean active =
        !house.gates().isRevoked(service) && (subscriber == null || subscriber.active());
    boolean may = policy.can(Capability.EVENT_HANDLE);
    List<Subscription> matched =
        active && may
            ? wanted.stream().filter(s -> !broken.contains(s.number())).toList()
            : List.of();
    house.fanOut().set(feed.consumer().number(), matched, policy);
    feed.members(live, wanted, byRegistration);
    feed.mayHandle(may);
  }

  /** The subscriptions of a consumer that events are matched with, the policy aside. */
  List<Subscription> effective(ConsumerFeed feed) {
    return feed.known().stream().filter(s -> isEffective(s.number())).toList();
  }

  private List<Member> members(ConsumerFeed feed, List<Instance> instances) {
    List<Member> members = new ArrayList<>();
    for (Instance instance : instances) {
      List<Subscription> own = new ArrayList<>();
      for (var s : instance.subscriptions()) {
        Subscription known =
            s.group().equals(feed.consumer().group())
                ? feed.subscription(s.pattern(), s.filter())
                : null;
        if (known != null) {
          own.add(known);
        }
      }
      members.add(new Member(instance.instanceId(), instance.session(), instance.draining(), own));
    }
    return members;
  }

  /** Stores which subscriptions are effective, for the time when nobody is live. */
  private void remember(ConsumerFeed feed, List<Member> live, boolean dropped) {
    Set<Integer> wanted = new HashSet<>();
    live.forEach(member -> member.subscriptions().forEach(s -> wanted.add(s.number())));
    awaited.removeAll(wanted);
    List<Wanted> changed = new ArrayList<>();
    for (Subscription s : feed.known()) {
      if (dropped) {
        awaited.remove(s.number());
      }
      boolean now = wanted.contains(s.number()) || awaited.contains(s.number());
      if (effective.getOrDefault(s.number(), false) != now) {
        effective.put(s.number(), now);
        changed.add(Objects.requireNonNull(rows.get(s.number())).effective(now));
      }
    }
    if (!changed.isEmpty()) {
      house
          .pipeline()
          .submit(Write.ofAll(ConsumerStore.KEEP_SUBSCRIPTION, changed).orderKey(feed).build())
          .onFailure(
              e -> {
                LOG.warn(
                    "effective subscriptions not stored consumer={} reason={}",
                    feed.consumer().number(),
                    e.toString());
                changed.forEach(w -> effective.put(w.number(), !w.effective()));
              });
    }
  }
}
