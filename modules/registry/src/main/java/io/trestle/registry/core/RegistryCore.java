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
import io.trestle.conversations.Subscribers;
import io.trestle.protocol.policy.Direction;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Effect.EndWatch;
import io.trestle.registry.core.Effect.SignalSession;
import io.trestle.registry.core.Effect.WritePresence;
import io.trestle.registry.core.Entry.Session;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registry: one owner, one thread, state in, effects out.
 *
 * <p><b>State.</b> The directory of services, one {@link Entry} per instance that has a session or
 * a registration, the {@link Audience} with one {@link Watcher} per registry stream, who was
 * revoked, and deadlines. Nothing here is precious: after a restart it is rebuilt from what
 * instances say when they reconnect.
 *
 * <p><b>Presence.</b> The open control stream is the presence of an instance. A newer stream of the
 * same instance is welcomed first; the older one has 5 s to be closed by its client, and its end
 * changes nothing. The end of the current session hides the instance at once and ends its registry
 * stream 5 s later, unless a new session began. A registration without a session is stored and
 * answered, and stays invisible until the Welcome.
 *
 * <p><b>Views.</b> Every change tells the audience which service it is of; the audience decides
 * whose view may have changed, and sends differences against what was sent before. An endpoint that
 * was cleared and a revocation go out at once. Offers to proxies and {@link Consumers} of events
 * are published at the end of a turn, once per service.
 *
 * <p><b>Rejected.</b> Forwarding changes as events: every watcher would need a queue, and a slow
 * one would grow it. A difference against what was sent needs none, and is right after any sequence
 * of changes.
 */
public final class RegistryCore {
  static final long GRACE_MILLIS = 5_000;

  private final Directory directory = new Directory();
  private final Roster roster = new Roster();
  private final Revocations revocations = new Revocations();
  private final PolicyBook policies = new PolicyBook();
  private final Deadlines deadlines = new Deadlines();
  private final Consumer<Effect> effects;
  private final Audience audience;
  private final Offers offers;
  private final Consumers consumers;
  private boolean draining;

  /** Makes an empty registry whose effects go to the consumer, in order. */
  public RegistryCore(Consumer<Effect> effects, CaptureModes captureModes) {
    this.effects = effects;
    this.audience =
        new Audience(directory, roster, revocations, deadlines, effects, policies, captureModes);
    this.offers = new Offers(directory, roster, effects);
    this.consumers = new Consumers(directory, deadlines, effects);
  }

  // ---- sessions

  /** Opens a session, replacing an earlier one of the instance. */
  public Sessions.Opened open(Sessions.Open q, String sessionId, long now) {
    admit(q.serviceId(), q.instanceId(), q.protocolVersion());
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
    consumers.sessionOpened(entry, now);
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
    consumers.gone(entry.serviceId, entry.id);
    Watcher watcher = entry.watcher;
    deadlines.at(now + GRACE_MILLIS, t -> endStreams(entry, watcher, now));
  }

  /** A registry stream that began after the session ended is a registration without a session. */
  private void endStreams(Entry entry, @Nullable Watcher watcher, long endedMillis) {
    if (entry.session != null
        || entry.sessionEndedMillis != endedMillis
        || entry.watcher != watcher) {
      return;
    }
    if (watcher != null) {
      endWatch(watcher, new Registrations.End(Reason.UNAVAILABLE.number(), "session ended"));
    }
    roster.remove(entry);
  }

  // ---- registrations

  /** Refuses who may not come in at all. */
  public void admit(UUID serviceId, UUID instanceId, int protocolVersion) {
    if (protocolVersion != 0 && protocolVersion != 1) {
      throw Refused.of(
          Reason.PRECONDITION, "protocol_version: " + protocolVersion + " (expected: 0 or 1)");
    }
    Refused refusal = refusal(serviceId, instanceId);
    if (refusal != null) {
      throw refusal;
    }
  }

  private @Nullable Refused refusal(UUID serviceId, UUID instanceId) {
    if (!directory.isActive(serviceId) || revocations.hasInstance(instanceId)) {
      return Refused.of(Reason.UNAUTHENTICATED, "access revoked");
    }
    return draining ? Refused.withoutEffect(Reason.UNAVAILABLE, "runtime is shutting down") : null;
  }

  /** Whether the directory knows the service, active or not. */
  public boolean knows(UUID serviceId) {
    return directory.find(serviceId) != null;
  }

  /**
   * A registration was committed: what it subscribes to counts from now on, also while it is not
   * taken over yet.
   *
   * @return its service, to be told before {@link #register} sends the snapshot; null when there is
   *     nothing to tell, because that will refuse it
   */
  public Subscribers.@Nullable Subscriber subscribed(
      Registrations.Register q, Declaration declaration, long number, long now) {
    if (refusal(q.serviceId(), q.instanceId()) != null) {
      return null;
    }
    Entry entry = roster.find(q.instanceId());
    Entry known = entry == null ? new Entry(q.instanceId(), q.serviceId()) : entry;
    return consumers.registered(known, declaration, number, now);
  }

  /** Whether the telling of a service arrived is not known: it is told again. */
  public void untold(UUID service) {
    consumers.untold(service);
  }

  /**
   * Takes over a committed registration and sends its snapshot. Registrations of one instance are
   * numbered in the order of arrival; an older one that commits late changes nothing.
   */
  public void register(Registrations.Register q, Declaration declaration, long number, long now) {
    Refused refusal = refusal(q.serviceId(), q.instanceId());
    if (refusal != null) {
      String text = String.valueOf(refusal.getMessage());
      end(q.stream(), new Registrations.End(refusal.reason().number(), text));
      return;
    }
    Entry entry = roster.obtain(q.instanceId(), q.serviceId());
    if (number < entry.registration) {
      end(q.stream(), SUPERSEDED);
      return;
    }
    boolean cleared = !entry.callEndpoint().isEmpty() && declaration.callEndpoint().isEmpty();
    entry.registration = number;
    entry.sdkLanguage = q.sdkLanguage();
    entry.sdkVersion = q.sdkVersion();
    declare(entry, declaration, now);
    watch(entry, q.stream(), now);
    if (entry.session != null) {
      writePresence(entry, now);
    }
    touch(entry, now);
    if (cleared) {
      audience.flush(now);
    }
  }

  private static final Registrations.End SUPERSEDED =
      new Registrations.End(Reason.SUPERSEDED.number(), "registration replaced");

  /** Marks before, for those who saw what is declared no more; {@link #touch} marks after. */
  private void declare(Entry entry, Declaration declaration, long now) {
    audience.serviceChanged(entry.serviceId, now);
    UUID service = entry.serviceId;
    roster.declare(entry, declaration, directory.name(service), policies.of(service));
  }

  private void watch(Entry entry, UUID stream, long now) {
    Watcher before = entry.watcher;
    if (before != null) {
      audience.leave(before);
      deadlines.at(now + GRACE_MILLIS, t -> end(before.stream, SUPERSEDED));
    }
    entry.graceUntilMillis = 0;
    audience.join(stream, entry, now);
  }

  /** A registry stream ended. */
  public void watchClosed(UUID stream, UUID instance, long now) {
    Entry entry = roster.find(instance);
    Watcher watcher = entry == null ? null : entry.watcher;
    if (entry == null || watcher == null || !watcher.stream.equals(stream)) {
      return;
    }
    audience.leave(watcher);
    entry.watcher = null;
    if (entry.session == null) {
      roster.remove(entry);
      return;
    }
    entry.graceUntilMillis = now + GRACE_MILLIS;
    deadlines.at(entry.graceUntilMillis, t -> endGrace(entry, t));
  }

  private void endGrace(Entry entry, long now) {
    if (entry.graceUntilMillis != 0 && entry.graceUntilMillis <= now) {
      entry.graceUntilMillis = 0;
      touch(entry, now);
    }
  }

  /** A frame was taken by its stream. */
  public void taken(UUID stream, long now) {
    Watcher watcher = audience.find(stream);
    if (watcher != null) {
      audience.taken(watcher, now);
    }
  }

  /** A stream does not take its frames: it is gone, or too slow to be kept. */
  public void lost(UUID stream, long now) {
    Watcher watcher = audience.find(stream);
    if (watcher != null) {
      end(stream, TOO_SLOW);
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
      audience.nameChanged(before.name(), now);
    }
    audience.nameChanged(after.name(), now);
    if (before == null || !before.name().equals(after.name())) {
      roster.of(after.id()).forEach(entry -> entry.renamed(after.name()));
      policies.naming(after.id()).forEach(s -> audience.policyChanged(s, false, now));
    }
    touchService(after.id(), now);
    consumers.changed(after.id());
    if (after.active()) {
      restored(after, before != null && !before.active(), now);
    } else {
      revoked(after, before == null || before.active(), now);
    }
  }

  private void restored(Directory.Service service, boolean isNews, long now) {
    if (isNews) {
      audience.serviceRestored(revocations.restore(service.id(), service.name()), now);
    }
  }

  private void revoked(Directory.Service service, boolean isNews, long now) {
    revocations.addService(service.id(), service.revokedUntilMillis());
    if (isNews) {
      audience.serviceRevoked(service.id(), now);
    }
  }

  /** An instance was revoked. */
  public void instanceRevoked(AccessNews.InstanceRevoked news, long now) {
    if (!revocations.addInstance(news.instanceId(), news.until().toEpochMilli())) {
      return;
    }
    Entry entry = roster.find(news.instanceId());
    if (entry != null) {
      entry.revoked = true;
      touch(entry, now);
    }
    consumers.gone(news.serviceId(), news.instanceId());
    audience.instanceRevoked(news.instanceId(), now);
  }

  /**
   * The policy of a service changed. Handlers leave every view with their capability, and return
   * with it from what was declared.
   */
  public void policyChanged(UUID service, ServicePolicy next, long now) {
    ServicePolicy before = policies.put(service, next);
    if (before.equals(next)) {
      return;
    }
    boolean handlers = !Handling.flags(before).equals(Handling.flags(next));
    if (handlers) {
      roster.of(service).forEach(entry -> entry.permit(next, directory.name(service)));
      touchService(service, now);
    }
    boolean acceptance = !acceptance(before).equals(acceptance(next));
    audience.policyChanged(service, handlers || acceptance, now);
  }

  private static List<Rule> acceptance(ServicePolicy policy) {
    return policy.rules().stream()
        .filter(rule -> rule.action().direction() == Direction.ACCEPTANCE)
        .toList();
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
    entry.rowChanged();
    touch(entry, now);
    planHealing(entry);
  }

  private void planHealing(Entry entry) {
    if (entry.health.since() != 0 && !entry.healingPlanned) {
      entry.healingPlanned = true;
      deadlines.at(entry.health.healsAt(), t -> heal(entry, t));
    }
  }

  private void heal(Entry entry, long now) {
    entry.healingPlanned = false;
    if (entry.health.heal(now)) {
      healthChanged(entry, now);
    } else {
      planHealing(entry);
    }
  }

  /** The capture settings changed. */
  public void captureModes(CaptureModes next, long now) {
    audience.captureModes(next, now);
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
    var over = new Registrations.End(Reason.UNAVAILABLE.number(), reason);
    audience.all().forEach(watcher -> endWatch(watcher, over));
  }

  // ---- time

  /**
   * A turn is over: publishes what the services offer and consume now that changed in it. To be
   * called before the frames of the turn leave.
   */
  public void publish() {
    offers.publish();
    consumers.publish();
  }

  /** When {@link #tick} is due; Long.MAX_VALUE = never. */
  public long nextWake() {
    return deadlines.next();
  }

  /** Time has passed. */
  public void tick(long now) {
    deadlines.run(now);
  }

  /**
   * The rows of these instances said something else: they are written again, unless something newer
   * was written meanwhile.
   *
   * @param stored what should have been stored
   * @return how many are written
   */
  public int presenceEdited(List<WritePresence> stored, long now) {
    int written = 0;
    for (WritePresence presence : stored) {
      Entry entry = roster.find(presence.instanceId());
      if (entry != null && presence(entry, presence.atMillis()).equals(presence)) {
        writePresence(entry, now);
        written++;
      }
    }
    return written;
  }

  // ---- reads

  /** What has to be stored of the live instances. */
  public List<WritePresence> presence(long now) {
    return roster.all().stream()
        .filter(entry -> entry.session != null)
        .map(entry -> presence(entry, now))
        .toList();
  }

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
    return offers.all();
  }

  /** Every service with its instances that consume events. */
  public List<Subscribers.Subscriber> subscribers() {
    return consumers.all();
  }

  /** What the watcher of a stream may see now, computed anew; null when the stream is none. */
  @Nullable View view(UUID stream) {
    Watcher watcher = audience.find(stream);
    return watcher == null ? null : audience.view(watcher);
  }

  /** What the watcher of a stream is told of its policy; null when the stream is none. */
  @Nullable Policy evaluation(UUID stream) {
    Watcher watcher = audience.find(stream);
    return watcher == null ? null : audience.evaluation(watcher);
  }

  /** The policy of a service; that of a new one when it has no other. */
  public ServicePolicy policy(UUID service) {
    return policies.of(service);
  }

  /** The policies of all services that are not as a new one is. */
  public Map<UUID, ServicePolicy> policies() {
    return Map.copyOf(policies.all());
  }

  /** What the known instances of a service declare, whether it is permitted or not. */
  public Map<UUID, Declaration> declarations(UUID service) {
    Map<UUID, Declaration> declarations = new LinkedHashMap<>();
    for (Entry entry : roster.of(service)) {
      Declaration declaration = entry.declaration();
      if (declaration != null) {
        declarations.put(entry.id, declaration);
      }
    }
    return declarations;
  }

  /** Open registry streams, for the metric. */
  public int watcherCount() {
    return audience.size();
  }

  // ---- what follows from a change

  private void touch(Entry entry, long now) {
    touchService(entry.serviceId, now);
  }

  private void touchService(UUID service, long now) {
    offers.changed(service);
    audience.serviceChanged(service, now);
  }

  private void endWatch(Watcher watcher, Registrations.End end) {
    audience.leave(watcher);
    watcher.entry.watcher = null;
    end(watcher.stream, end);
  }

  private void end(UUID stream, Registrations.End end) {
    effects.accept(new EndWatch(stream, end));
  }

  private void writePresence(Entry entry, long now) {
    effects.accept(presence(entry, now));
  }

  private static WritePresence presence(Entry entry, long now) {
    Session session = entry.session;
    boolean connected = session != null;
    return new WritePresence(
        entry.id,
        connected,
        connected ? entry.callEndpoint() : "",
        connected ? entry.httpEndpoint() : "",
        session == null ? "" : session.id(),
        now);
  }
}
