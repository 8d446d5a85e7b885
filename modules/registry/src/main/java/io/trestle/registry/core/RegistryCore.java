package io.trestle.registry.core;

import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Callables;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.conversations.Sessions;
import io.trestle.registry.core.Effect.EndWatch;
import io.trestle.registry.core.Effect.SendFrame;
import io.trestle.registry.core.Effect.SignalSession;
import io.trestle.registry.core.Effect.WritePresence;
import io.trestle.registry.core.Entry.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registry: one owner, one thread, state in, effects out.
 *
 * <p><b>State.</b> The directory of services, one {@link Entry} per instance that has a session or
 * a registration, one {@link Watcher} per registry stream, and deadlines. Nothing here is precious:
 * after a restart it is rebuilt from what instances say when they reconnect.
 *
 * <p><b>Presence.</b> The open control stream is the presence of an instance. A newer stream of the
 * same instance is welcomed first; the older one has 5 s to be closed by its client, and its end
 * changes nothing. The end of the current session hides the instance at once and ends its registry
 * stream 5 s later, unless a new session began. A registration without a session is stored and
 * answered, and stays invisible until the Welcome.
 *
 * <p><b>Views.</b> A change of a service marks the watchers that can see it: its own, those that
 * depend on its name, those that subscribe to what it publishes and those whose events it consumes.
 * Marked watchers are recomputed together after 50 ms, compared with what they were last sent, and
 * get one frame. An endpoint that was cleared and a revocation go out at once. Marking too many is
 * harmless: an empty difference sends nothing.
 *
 * <p><b>Rejected.</b> Forwarding changes as events: every watcher would need a queue, and a slow
 * one would grow it. A difference against what was sent needs none, and is right after any sequence
 * of changes.
 */
public final class RegistryCore {
  static final long GRACE_MILLIS = 5_000;
  static final long COALESCE_MILLIS = 50;

  private final Directory directory = new Directory();
  private final Roster roster = new Roster();
  private final ViewBuilder views = new ViewBuilder(directory, roster);
  private final Deadlines deadlines = new Deadlines();
  private final Consumer<Effect> effects;
  private final Map<UUID, Watcher> watchers = new HashMap<>();
  private final Set<Watcher> dirty = new LinkedHashSet<>();
  private final Map<UUID, Long> revokedInstances = new HashMap<>();
  private final Policy policy;
  private CaptureModes captureModes;
  private boolean flushPlanned;
  private boolean draining;

  /** Makes an empty registry whose effects go to the consumer, in order. */
  public RegistryCore(Consumer<Effect> effects, Policy policy, CaptureModes captureModes) {
    this.effects = effects;
    this.policy = policy;
    this.captureModes = captureModes;
  }

  // ---- sessions

  /** Opens a session, replacing an earlier one of the instance. */
  public Sessions.Opened open(Sessions.Open q, String sessionId, long now) {
    admit(q.serviceId(), q.protocolVersion());
    Entry entry = roster.obtain(q.instanceId(), q.serviceId());
    Session before = entry.session;
    entry.session = new Session(sessionId, q.stream(), now);
    entry.sdkLanguage = q.sdkLanguage();
    entry.sdkVersion = q.sdkVersion();
    if (before != null) {
      supersede(before, now);
    }
    writePresence(entry, now);
    touch(entry, now);
    return new Sessions.Opened(sessionId, directory.name(q.serviceId()));
  }

  private void supersede(Session before, long now) {
    var end =
        new Sessions.Signal(Sessions.Kind.END, Reason.SUPERSEDED.number(), "session replaced");
    deadlines.at(now + GRACE_MILLIS, t -> effects.accept(new SignalSession(before.stream(), end)));
  }

  /** A control stream ended. */
  public void sessionClosed(UUID stream, UUID instance, long now) {
    Entry entry = roster.find(instance);
    if (entry == null || entry.session == null || !entry.session.stream().equals(stream)) {
      return;
    }
    entry.session = null;
    entry.sessionEndedMillis = now;
    writePresence(entry, now);
    touch(entry, now);
    deadlines.at(now + GRACE_MILLIS, t -> endStreams(entry, now));
  }

  private void endStreams(Entry entry, long endedMillis) {
    if (entry.session != null
        || entry.sessionEndedMillis != endedMillis
        || roster.find(entry.id) != entry) {
      return;
    }
    Watcher watcher = entry.watcher;
    if (watcher != null) {
      endWatch(watcher, Reason.UNAVAILABLE, "session ended");
    }
    forget(entry);
  }

  // ---- registrations

  /** Refuses what may not register at all. */
  public void admit(UUID serviceId, int protocolVersion) {
    if (protocolVersion != 0 && protocolVersion != 1) {
      throw Refused.of(
          Reason.PRECONDITION, "protocol_version: " + protocolVersion + " (expected: 0 or 1)");
    }
    if (!directory.isActive(serviceId)) {
      throw Refused.of(Reason.UNAUTHENTICATED, "access revoked");
    }
    if (draining) {
      throw Refused.withoutEffect(Reason.UNAVAILABLE, "runtime is shutting down");
    }
  }

  /** Whether the directory knows the service, active or not. */
  public boolean knows(UUID serviceId) {
    return directory.find(serviceId) != null;
  }

  /**
   * Takes over a committed registration and sends its snapshot. Registrations of one instance are
   * numbered in the order of arrival; an older one that commits late changes nothing.
   */
  public void register(Registrations.Register q, Declaration declaration, long number, long now) {
    Entry entry = roster.obtain(q.instanceId(), q.serviceId());
    if (number < entry.registration) {
      effects.accept(new EndWatch(q.stream(), SUPERSEDED));
      return;
    }
    boolean cleared = !entry.callEndpoint().isEmpty() && declaration.callEndpoint().isEmpty();
    markService(entry.serviceId, now);
    entry.registration = number;
    entry.sdkLanguage = q.sdkLanguage();
    entry.sdkVersion = q.sdkVersion();
    roster.declare(entry, declaration, directory.name(entry.serviceId));
    watch(entry, q.stream(), now);
    if (entry.session != null) {
      writePresence(entry, now);
    }
    touch(entry, now);
    if (cleared) {
      flush();
    }
  }

  private static final Registrations.End SUPERSEDED =
      new Registrations.End(Reason.SUPERSEDED.number(), "registration replaced");

  private void watch(Entry entry, UUID stream, long now) {
    Watcher before = entry.watcher;
    Watcher watcher = new Watcher(stream, entry);
    entry.watcher = watcher;
    entry.watchGrace = false;
    watchers.put(stream, watcher);
    if (before != null) {
      drop(before);
      deadlines.at(
          now + GRACE_MILLIS, t -> effects.accept(new EndWatch(before.stream, SUPERSEDED)));
    }
    revocations(now).forEach(r -> r.accept(watcher));
    send(watcher);
  }

  private List<Consumer<Watcher>> revocations(long now) {
    List<Consumer<Watcher>> revocations = new ArrayList<>();
    for (Directory.Service service : directory.all()) {
      if (!service.active() && service.revokedUntilMillis() > now) {
        revocations.add(w -> w.revokeService(service.id()));
      }
    }
    revokedInstances.values().removeIf(until -> until <= now);
    revokedInstances.keySet().forEach(id -> revocations.add(w -> w.revokeInstance(id)));
    return revocations;
  }

  /** A registry stream ended. */
  public void watchClosed(UUID stream, UUID instance, long now) {
    Entry entry = roster.find(instance);
    if (entry == null || entry.watcher == null || !entry.watcher.stream.equals(stream)) {
      return;
    }
    drop(entry.watcher);
    entry.watcher = null;
    if (entry.session == null) {
      forget(entry);
      return;
    }
    entry.watchGrace = true;
    deadlines.at(now + GRACE_MILLIS, t -> endGrace(entry, t));
  }

  private void endGrace(Entry entry, long now) {
    if (entry.watcher == null && entry.watchGrace) {
      entry.watchGrace = false;
      touch(entry, now);
    }
  }

  /** A frame was taken by its stream. */
  public void taken(UUID stream, long now) {
    Watcher watcher = watchers.get(stream);
    if (watcher != null) {
      watcher.taken(frame -> effects.accept(new SendFrame(stream, frame)));
      if (watcher.isReady()) {
        planFlush(now);
      }
    }
  }

  /** A stream does not take its frames: it is gone, or too slow to be kept. */
  public void lost(UUID stream, long now) {
    Watcher watcher = watchers.get(stream);
    if (watcher != null) {
      effects.accept(new EndWatch(stream, TOO_SLOW));
      watchClosed(stream, watcher.entry.id, now);
    }
  }

  private static final Registrations.End TOO_SLOW =
      new Registrations.End(Reason.UNAVAILABLE.number(), "registry stream not read");

  // ---- news

  /** A service appeared, was renamed, revoked or activated. */
  public void serviceChanged(AccessNews.ServiceChanged news, long now) {
    long until = news.revokedUntil() == null ? 0 : news.revokedUntil().toEpochMilli();
    Directory.Service after =
        new Directory.Service(news.serviceId(), news.name(), news.active(), until);
    Directory.Service before = directory.put(after);
    if (after.equals(before)) {
      return;
    }
    if (before != null) {
      touchDependents(before.name(), now);
    }
    touchDependents(after.name(), now);
    roster.of(after.id()).forEach(entry -> entry.refresh(after.name()));
    touchService(after.id(), now);
    if (before != null && before.active() && !after.active()) {
      watchers.values().forEach(w -> w.revokeService(after.id()));
      dirty.addAll(watchers.values());
      flush();
    }
  }

  /** An instance was revoked. */
  public void instanceRevoked(AccessNews.InstanceRevoked news, long now) {
    revokedInstances.put(news.instanceId(), news.until().toEpochMilli());
    Entry entry = roster.find(news.instanceId());
    if (entry != null) {
      entry.revoked = true;
      touch(entry, now);
    }
    watchers.values().forEach(w -> w.revokeInstance(news.instanceId()));
    dirty.addAll(watchers.values());
    flush();
  }

  /** Outcomes of proxied calls. */
  public void outcomes(List<Callables.Outcome> outcomes, long now) {
    for (Callables.Outcome outcome : outcomes) {
      Entry entry = roster.find(outcome.instanceId());
      if (entry != null && entry.health.record(outcome.successes(), outcome.failures(), now)) {
        healthChanged(entry, now);
      }
    }
  }

  private void healthChanged(Entry entry, long now) {
    entry.refresh(directory.name(entry.serviceId));
    touch(entry, now);
    if (entry.health.since() != 0) {
      deadlines.at(entry.health.healsAt(), t -> heal(entry, t));
    }
  }

  private void heal(Entry entry, long now) {
    if (entry.health.heal(now)) {
      healthChanged(entry, now);
    } else if (entry.health.since() != 0) {
      deadlines.at(entry.health.healsAt(), t -> heal(entry, t));
    }
  }

  /** The capture settings changed. */
  public void captureModes(CaptureModes next) {
    if (!next.equals(captureModes)) {
      captureModes = next;
      watchers.values().forEach(Watcher::touch);
      dirty.addAll(watchers.values());
      flush();
    }
  }

  /** Shutdown begins: every session hears Drain, then every stream ends. */
  public void drain(String reason) {
    draining = true;
    var drain = new Sessions.Signal(Sessions.Kind.DRAIN, 0, reason);
    var end = new Sessions.Signal(Sessions.Kind.END, Reason.UNAVAILABLE.number(), reason);
    for (Entry entry : roster.all()) {
      Session session = entry.session;
      if (session != null) {
        effects.accept(new SignalSession(session.stream(), drain));
        effects.accept(new SignalSession(session.stream(), end));
      }
    }
    List.copyOf(watchers.values()).forEach(w -> endWatch(w, Reason.UNAVAILABLE, reason));
  }

  // ---- time

  /** When {@link #tick} is due; Long.MAX_VALUE = never. */
  public long nextWake() {
    return deadlines.next();
  }

  /** Time has passed. */
  public void tick(long now) {
    deadlines.run(now);
  }

  // ---- reads

  /** The live instances, as operators see them. */
  public List<Sessions.Instance> live() {
    List<Sessions.Instance> live = new ArrayList<>();
    for (Entry e : roster.all()) {
      Session session = e.session;
      if (session != null) {
        live.add(describe(e, session));
      }
    }
    return live;
  }

  private Sessions.Instance describe(Entry e, Session session) {
    return new Sessions.Instance(
        e.id,
        e.serviceId,
        directory.name(e.serviceId),
        draining ? "draining" : e.status(),
        e.callEndpoint(),
        e.httpEndpoint(),
        e.sdkLanguage,
        e.sdkVersion,
        session.sinceMillis(),
        e.health.since());
  }

  /** Everything that can be called now. */
  public List<Callables.Offer> offers() {
    return directory.all().stream().map(s -> offer(s.id())).toList();
  }

  /** Open registry streams, for the metric. */
  public int watcherCount() {
    return watchers.size();
  }

  // ---- marking and sending

  private void touch(Entry entry, long now) {
    touchService(entry.serviceId, now);
  }

  private void touchService(UUID service, long now) {
    publishOffer(service);
    markService(service, now);
  }

  private void markService(UUID service, long now) {
    touchDependents(directory.name(service), now);
    for (Entry entry : roster.of(service)) {
      mark(entry);
      touchEventPeers(entry);
    }
    planFlush(now);
  }

  private void touchDependents(String serviceName, long now) {
    roster.dependents(serviceName).forEach(this::mark);
    planFlush(now);
  }

  /**
   * Subscribers of what it publishes. Publishers that it consumes from see it only if they depend
   * on it already.
   */
  private void touchEventPeers(Entry entry) {
    entry
        .published()
        .forEach(
            event ->
                roster
                    .subscribersOf(event.key().name())
                    .forEach(service -> roster.of(service).forEach(this::mark)));
  }

  private void mark(Entry entry) {
    Watcher watcher = entry.watcher;
    if (watcher != null) {
      watcher.touch();
      dirty.add(watcher);
    }
  }

  private void planFlush(long now) {
    if (!flushPlanned && !dirty.isEmpty()) {
      flushPlanned = true;
      deadlines.at(now + COALESCE_MILLIS, t -> flush());
    }
  }

  private void flush() {
    flushPlanned = false;
    for (Watcher watcher : List.copyOf(dirty)) {
      if (watcher.isReady()) {
        send(watcher);
      }
    }
  }

  private void send(Watcher watcher) {
    dirty.remove(watcher);
    watcher.advance(
        views.build(watcher.entry),
        policy,
        captureModes,
        frame -> effects.accept(new SendFrame(watcher.stream, frame)));
  }

  private void endWatch(Watcher watcher, Reason reason, String text) {
    drop(watcher);
    effects.accept(new EndWatch(watcher.stream, new Registrations.End(reason.number(), text)));
  }

  private void drop(Watcher watcher) {
    watchers.remove(watcher.stream);
    dirty.remove(watcher);
  }

  private void forget(Entry entry) {
    roster.remove(entry);
  }

  private void writePresence(Entry entry, long now) {
    Session session = entry.session;
    boolean connected = session != null;
    effects.accept(
        new WritePresence(
            entry.id,
            connected,
            connected ? entry.callEndpoint() : "",
            connected ? entry.httpEndpoint() : "",
            session == null ? "" : session.id(),
            now));
  }

  private void publishOffer(UUID service) {
    effects.accept(new Effect.PublishOffer(offer(service)));
  }

  private Callables.Offer offer(UUID service) {
    Directory.@Nullable Service known = directory.find(service);
    boolean active = known != null && known.active();
    List<Callables.Instance> instances =
        active
            ? roster.live(service).stream()
                .filter(e -> !e.callEndpoint().isEmpty())
                .map(Offers::instance)
                .toList()
            : List.of();
    return new Callables.Offer(service, directory.name(service), active, instances);
  }
}
