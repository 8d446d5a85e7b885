package io.trestle.registry.core;

import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.registry.core.Effect.SendFrame;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everybody who watches: whose view a change may touch, and when views are computed and sent.
 *
 * <p>A change of a service marks the watchers that can see it: its own, those that depend on its
 * name and those that subscribe to what it publishes. Marked watchers are recomputed together after
 * 50 ms, compared with what they were last sent, and get one frame. What cannot wait is flushed at
 * once. Marking too many is harmless, since an empty difference sends nothing; marking too few
 * leaves somebody with a stale view for ever.
 */
final class Audience {
  static final long COALESCE_MILLIS = 50;

  private final Directory directory;
  private final Roster roster;
  private final Revocations revocations;
  private final Deadlines deadlines;
  private final Consumer<Effect> effects;
  private final ViewBuilder views;
  private final Map<UUID, Watcher> watchers = new HashMap<>();
  private final Set<Watcher> dirty = new LinkedHashSet<>();
  private final Evaluations evaluations;
  private CaptureModes captureModes;
  private boolean flushPlanned;

  Audience(
      Directory directory,
      Roster roster,
      Revocations revocations,
      Deadlines deadlines,
      Consumer<Effect> effects,
      PolicyBook policies,
      CaptureModes captureModes) {
    this.directory = directory;
    this.roster = roster;
    this.revocations = revocations;
    this.deadlines = deadlines;
    this.effects = effects;
    this.views = new ViewBuilder(directory, roster, policies);
    this.evaluations = new Evaluations(directory, policies);
    this.captureModes = captureModes;
  }

  @Nullable Watcher find(UUID stream) {
    return watchers.get(stream);
  }

  Collection<Watcher> all() {
    return List.copyOf(watchers.values());
  }

  int size() {
    return watchers.size();
  }

  /** A new stream, and its snapshot. */
  Watcher join(UUID stream, Entry entry, long now) {
    Watcher watcher =
        new Watcher(stream, entry, frame -> effects.accept(new SendFrame(stream, frame)));
    watchers.put(stream, watcher);
    entry.watcher = watcher;
    send(watcher, now);
    return watcher;
  }

  /** The stream gets nothing more. */
  void leave(Watcher watcher) {
    watchers.remove(watcher.stream, watcher);
    dirty.remove(watcher);
  }

  View view(Watcher watcher) {
    return views.build(watcher.entry);
  }

  Policy evaluation(Watcher watcher) {
    return evaluations.of(watcher.entry);
  }

  void taken(Watcher watcher, long now) {
    watcher.taken();
    if (watcher.isReady()) {
      planFlush(now);
    }
  }

  // ---- changes

  /** Something of the service changed: an instance, a declaration, its presence. */
  void serviceChanged(UUID service, long now) {
    roster.dependents(directory.name(service)).forEach(this::mark);
    for (Entry entry : roster.of(service)) {
      mark(entry);
      entry.published().forEach(event -> markSubscribers(event.key().name()));
    }
    planFlush(now);
  }

  /**
   * The name means another service, or none. Outgoing calls are shown to all instances of a
   * service, also to those that did not declare them.
   */
  void nameChanged(String name, long now) {
    Set<UUID> services = new LinkedHashSet<>();
    roster.dependents(name).forEach(entry -> services.add(entry.serviceId));
    services.forEach(this::markAll);
    planFlush(now);
  }

  /**
   * The policy of the service changed. Its own watchers have another evaluation and scope.
   *
   * @param towardsPeers whether those that depend on it may have other warnings
   */
  void policyChanged(UUID service, boolean towardsPeers, long now) {
    evaluations.forget(service);
    markAll(service);
    if (towardsPeers) {
      roster.dependents(directory.name(service)).forEach(this::mark);
    }
    planFlush(now);
  }

  /** Everybody hears of it at once, in scope or not. */
  void serviceRevoked(UUID service, long now) {
    watchers.values().forEach(w -> w.revokeService(service));
    flushEverybody(now);
  }

  /** Everybody who heard of its revocation hears that it is over. */
  void serviceRestored(Instance standIn, long now) {
    watchers.values().forEach(w -> w.restoreService(standIn));
    flushEverybody(now);
  }

  /** Everybody hears of it at once, in scope or not. */
  void instanceRevoked(UUID instance, long now) {
    watchers.values().forEach(w -> w.revokeInstance(instance));
    flushEverybody(now);
  }

  void captureModes(CaptureModes next, long now) {
    if (!next.equals(captureModes)) {
      captureModes = next;
      watchers.values().forEach(Watcher::touch);
      flushEverybody(now);
    }
  }

  private void markSubscribers(String event) {
    roster.subscribers(event).forEach(this::markAll);
  }

  private void markAll(UUID service) {
    roster.of(service).forEach(this::mark);
  }

  private void mark(Entry entry) {
    Watcher watcher = entry.watcher;
    if (watcher != null) {
      watcher.touch();
      dirty.add(watcher);
    }
  }

  // ---- sending

  private void planFlush(long now) {
    if (!flushPlanned && !dirty.isEmpty()) {
      flushPlanned = true;
      deadlines.at(now + COALESCE_MILLIS, this::flush);
    }
  }

  private void flushEverybody(long now) {
    dirty.addAll(watchers.values());
    flush(now);
  }

  /** Sends what is marked to all that can take it; the others get it when they can. */
  void flush(long now) {
    flushPlanned = false;
    for (Watcher watcher : List.copyOf(dirty)) {
      if (watcher.isReady()) {
        send(watcher, now);
      }
    }
  }

  private void send(Watcher watcher, long now) {
    dirty.remove(watcher);
    watcher.advance(
        views.build(watcher.entry),
        evaluations.of(watcher.entry),
        captureModes,
        revocations.standing(now));
  }
}
