package io.trestle.events;

import io.trestle.conversations.EventAdmin.AskLag;
import io.trestle.conversations.EventAdmin.Consumers;
import io.trestle.conversations.EventAdmin.Lag;
import io.trestle.conversations.EventAdmin.Lags;
import io.trestle.conversations.EventAdmin.Live;
import io.trestle.conversations.EventAdmin.OfService;
import io.trestle.conversations.EventAdmin.Subscription;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Subscribers.Instance;
import io.trestle.events.StreamTable.Stream;
import io.vertx.core.Future;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Tells operators who consumes and how far everybody is. Thread: the owner's event loop. */
final class ConsumerDesk {
  private final EventsHouse house;
  private final ConsumerBook book;
  private final StreamTable streams;
  private final PullDesk pulls;
  private final OldestPending oldest;

  ConsumerDesk(
      EventsHouse house,
      ConsumerBook book,
      StreamTable streams,
      PullDesk pulls,
      OldestPending oldest) {
    this.house = house;
    this.book = book;
    this.streams = streams;
    this.pulls = pulls;
    this.oldest = oldest;
  }

  Future<Consumers> consumers(OfService q) {
    return Future.succeededFuture(
        new Consumers(feeds(q.service()).stream().map(this::shown).toList()));
  }

  Future<Lags> lag(AskLag q) {
    List<Future<Lag>> lags = feeds(q.service()).stream().map(this::lag).toList();
    return Future.all(lags).map(v -> new Lags(lags.stream().map(Future::result).toList()));
  }

  /** The consumers of a service, or all of them, by name. */
  private List<ConsumerFeed> feeds(String service) {
    UUID only = service.isEmpty() ? null : service(house.gates(), service);
    return house.feeds().values().stream()
        .filter(feed -> only == null || feed.consumer().owner().equals(only))
        .sorted(
            Comparator.comparing((ConsumerFeed f) -> house.gates().name(f.consumer().owner()))
                .thenComparing(f -> f.consumer().group())
                .thenComparing(f -> f.consumer().number()))
        .toList();
  }

  static UUID service(EventGates gates, String nameOrId) {
    return known(gates, nameOrId).id();
  }

  /** NOT_FOUND for an unknown one. */
  static EventGates.Service known(EventGates gates, String nameOrId) {
    return gates
        .find(nameOrId)
        .orElseThrow(
            () ->
                Refused.of(
                    Reason.NOT_FOUND,
                    "service: " + clip(nameOrId) + " (expected: a known name or id)"));
  }

  /** A text of a request as it may be shown in an answer. */
  static String clip(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() > 80 ? line.substring(0, 80) + "..." : line;
  }

  private io.trestle.conversations.EventAdmin.Consumer shown(ConsumerFeed feed) {
    UUID service = feed.consumer().owner();
    String group = feed.consumer().group();
    List<Subscription> subscriptions =
        feed.known().stream()
            .map(s -> new Subscription(s.pattern(), s.filter(), book.isEffective(s.number())))
            .sorted(Comparator.comparing(Subscription::pattern))
            .toList();
    List<Live> instances = live(feed, subscriptions);
    return new io.trestle.conversations.EventAdmin.Consumer(
        service, house.gates().name(service), group, subscriptions, instances);
  }

  private List<Live> live(ConsumerFeed feed, List<Subscription> subscriptions) {
    UUID service = feed.consumer().owner();
    PullLine line = pulls.of(feed);
    if (line != null) {
      List<String> patterns =
          subscriptions.stream().filter(s -> s.effective()).map(s -> s.pattern()).toList();
      return line.instances().stream().map(i -> new Live(i, true, true, false, patterns)).toList();
    }
    Set<UUID> open = streams.of(service).stream().map(Stream::instance).collect(Collectors.toSet());
    return book.instances(service).stream()
        .map(i -> live(i, feed.consumer().group(), open))
        .toList();
  }

  private static Live live(Instance instance, String group, Set<UUID> open) {
    return new Live(
        instance.instanceId(),
        instance.session(),
        open.contains(instance.instanceId()),
        instance.draining(),
        instance.subscriptions().stream()
            .filter(s -> s.group().equals(group))
            .map(s -> s.pattern())
            .toList());
  }

  private Future<Lag> lag(ConsumerFeed feed) {
    return oldest.of(feed).map(createdAt -> lag(feed, createdAt));
  }

  private Lag lag(ConsumerFeed feed, long createdAt) {
    UUID service = feed.consumer().owner();
    long pending = feed.pending();
    boolean none = createdAt == OldestPending.NONE || pending == 0;
    return new Lag(
        service,
        house.gates().name(service),
        feed.consumer().group(),
        feed.progress().floor(),
        house.head(),
        pending,
        none ? -1 : Math.max(0, house.now() - createdAt),
        feed.dispatcher().inFlight(),
        feed.offlineSince(),
        house.metrics().deadLetters(feed.consumer().number()),
        streams(feed));
  }

  private List<io.trestle.conversations.EventAdmin.Stream> streams(ConsumerFeed feed) {
    PullLine line = pulls.of(feed);
    if (line == null) {
      return streams.of(feed.consumer().owner()).stream().map(s -> stream(feed, s)).toList();
    }
    int slots = line.tuning() == null ? 1 : line.tuning().maxInFlight();
    return line.instances().stream()
        .map(i -> new io.trestle.conversations.EventAdmin.Stream(i, slots, line.taken()))
        .toList();
  }

  private static io.trestle.conversations.EventAdmin.Stream stream(
      ConsumerFeed feed, Stream stream) {
    return new io.trestle.conversations.EventAdmin.Stream(
        stream.instance(), stream.maxInFlight(), feed.dispatcher().taken(stream.number()));
  }
}
