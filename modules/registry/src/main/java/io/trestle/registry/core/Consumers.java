package io.trestle.registry.core;

import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Published;
import io.trestle.conversations.Subscribers;
import io.trestle.conversations.Subscribers.Subscriber;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who consumes events, as the module that keeps them is told (events.md 4.5).
 *
 * <p><b>State.</b> Per service the instances that count. An instance counts from the moment at
 * which its registration was stored, which is before peers may see it: with a session until that
 * ends, without one for a minute after its latest registration. That a registry stream ended
 * changes nothing. A session that begins while the registration is still in force counts it again.
 *
 * <p><b>Telling.</b> The whole of a service, as {@link Offers} does it and for the same reason: a
 * change is noted, and {@link #publish} tells each service once, and only what differs from what
 * was told last. A registration is not published but answered ({@link #registered}): it is told on
 * its own, before its snapshot, and its sender has to know whether that worked.
 *
 * <p><b>Not here.</b> Whether a service may consume at all, and what. Capabilities and rules take
 * nothing away from what is told: what was matched under them waits, and goes on when they return
 * (events.md 4.7).
 */
final class Consumers {
  /** How long an instance counts without a session. */
  static final long WITHOUT_SESSION_MILLIS = 60_000;

  private final Directory directory;
  private final Deadlines deadlines;
  private final Consumer<Effect> effects;
  private final Map<UUID, Map<UUID, Member>> services = new LinkedHashMap<>();
  private final Set<UUID> changed = new LinkedHashSet<>();
  private final Map<UUID, Subscriber> told = new HashMap<>();

  /** An instance that counts; {@code untilMillis} is in force while it has no session. */
  private record Member(Subscribers.Instance shown, long untilMillis) {}

  Consumers(Directory directory, Deadlines deadlines, Consumer<Effect> effects) {
    this.directory = directory;
    this.deadlines = deadlines;
    this.effects = effects;
  }

  /**
   * A registration was stored. Its service as it is from now on, which is what will be told; one
   * that is older than what counts already changes nothing.
   */
  Subscriber registered(Entry entry, Declaration declaration, long number, long now) {
    Member before = member(entry.serviceId, entry.id);
    if (before == null || before.shown.registration() < number) {
      boolean draining = entry.hadEndpoint() && declaration.callEndpoint().isEmpty();
      put(entry, draining, number, declaration, now);
    }
    Subscriber whole = subscriber(entry.serviceId);
    told.put(entry.serviceId, whole);
    return whole;
  }

  /** It is not known whether what was to be told arrived. */
  void untold(UUID service) {
    told.remove(service);
    changed.add(service);
  }

  /** The session of an instance began. */
  void sessionOpened(Entry entry, long now) {
    Member member = member(entry.serviceId, entry.id);
    Declaration declaration = entry.declaration();
    if (member != null) {
      put(entry, member.shown, now);
    } else if (declaration != null) {
      put(entry, entry.isDraining(), entry.registration, declaration, now);
    }
    changed(entry.serviceId);
  }

  /** An instance counts no more: its session ended, or it was revoked. */
  void gone(UUID service, UUID instance) {
    Map<UUID, Member> members = services.get(service);
    if (members != null && members.remove(instance) != null) {
      changed(service);
      if (members.isEmpty()) {
        services.remove(service);
      }
    }
  }

  /** Something of the service changed that it may be told by. */
  void changed(UUID service) {
    changed.add(service);
  }

  /** Tells what has changed since the last time. */
  void publish() {
    for (UUID service : changed) {
      Subscriber now = subscriber(service);
      // Lists of subscriptions are the same objects while nobody registers anew.
      if (!now.equals(told.put(service, now))) {
        effects.accept(new Effect.PublishSubscriber(now));
      }
    }
    changed.clear();
  }

  /** Every service as it is now. */
  List<Subscriber> all() {
    return directory.all().stream().map(s -> subscriber(s.id())).toList();
  }

  private Subscriber subscriber(UUID service) {
    List<Subscribers.Instance> instances =
        services.getOrDefault(service, Map.of()).values().stream().map(Member::shown).toList();
    return new Subscriber(service, directory.name(service), directory.isActive(service), instances);
  }

  private @Nullable Member member(UUID service, UUID instance) {
    return services.getOrDefault(service, Map.of()).get(instance);
  }

  private void put(Entry entry, boolean draining, long number, Declaration d, long now) {
    Set<String> published =
        d.published().stream().map(Published::name).collect(Collectors.toUnmodifiableSet());
    put(
        entry,
        new Subscribers.Instance(entry.id, false, draining, number, d.subscriptions(), published),
        now);
  }

  private void put(Entry entry, Subscribers.Instance shown, long now) {
    boolean session = entry.session != null;
    var next =
        new Subscribers.Instance(
            entry.id,
            session,
            shown.draining(),
            shown.registration(),
            shown.subscriptions(),
            shown.published());
    long until = session ? Long.MAX_VALUE : now + WITHOUT_SESSION_MILLIS;
    services
        .computeIfAbsent(entry.serviceId, s -> new LinkedHashMap<>())
        .put(entry.id, new Member(next, until));
    if (!session) {
      deadlines.at(until, t -> expire(entry.serviceId, entry.id, t));
    }
  }

  private void expire(UUID service, UUID instance, long now) {
    Member member = member(service, instance);
    if (member != null && member.untilMillis <= now) {
      gone(service, instance);
    }
  }
}
