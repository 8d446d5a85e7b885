package io.trestle.registry.core;

import io.trestle.conversations.Declarations.Declaration;
import io.trestle.protocol.events.PatternTrie;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All known instances with the indexes that answer "whose view changes when this service does": by
 * service, by the name of what they depend on, by the event names they publish and the patterns
 * they subscribe to.
 */
final class Roster {
  private final Map<UUID, Entry> entries = new LinkedHashMap<>();
  private final Map<UUID, Map<UUID, Entry>> byService = new HashMap<>();
  private final Map<String, Set<Entry>> dependents = new HashMap<>();
  private final Map<String, Set<Entry>> publishers = new LinkedHashMap<>();
  private final PatternTrie<Subscriber> patterns = new PatternTrie<>();

  /** One instance's use of a pattern. */
  private record Subscriber(UUID instance, UUID service) {}

  @Nullable Entry find(UUID instance) {
    return entries.get(instance);
  }

  Entry obtain(UUID instance, UUID service) {
    Entry known = entries.get(instance);
    if (known != null) {
      return known;
    }
    Entry entry = new Entry(instance, service);
    entries.put(instance, entry);
    byService.computeIfAbsent(service, s -> new LinkedHashMap<>()).put(instance, entry);
    return entry;
  }

  void remove(Entry entry) {
    if (!entries.remove(entry.id, entry)) {
      return;
    }
    unindex(entry);
    Map<UUID, Entry> siblings = byService.get(entry.serviceId);
    if (siblings != null) {
      siblings.remove(entry.id);
      if (siblings.isEmpty()) {
        byService.remove(entry.serviceId);
      }
    }
  }

  Collection<Entry> all() {
    return entries.values();
  }

  /** Every known instance of a service. */
  Collection<Entry> of(UUID service) {
    return byService.getOrDefault(service, Map.of()).values();
  }

  /** The instances of a service that peers may see. */
  List<Entry> live(UUID service) {
    return of(service).stream().filter(Entry::isLive).toList();
  }

  /** The watcher itself, then the other live instances of its service. */
  List<Entry> siblings(Entry watcher) {
    List<Entry> siblings = new ArrayList<>();
    siblings.add(watcher);
    for (Entry entry : of(watcher.serviceId)) {
      if (entry != watcher && entry.isLive()) {
        siblings.add(entry);
      }
    }
    return siblings;
  }

  /** Every event name that some instance publishes. */
  Set<String> publishedNames() {
    return publishers.keySet();
  }

  /** Instances that publish an event. */
  Set<Entry> publishers(String name) {
    return publishers.getOrDefault(name, Set.of());
  }

  /** Services with an instance that subscribes to an event. */
  Set<UUID> subscribers(String name) {
    Set<UUID> services = new HashSet<>();
    patterns.match(name, (pattern, subscriber) -> services.add(subscriber.service()));
    return services;
  }

  /** Instances that declared a dependency on a service of this name. */
  Set<Entry> dependents(String serviceName) {
    return dependents.getOrDefault(serviceName, Set.of());
  }

  /** Takes over what an instance declares, in place of what it declared before. */
  void declare(Entry entry, Declaration declaration, String serviceName, ServicePolicy policy) {
    unindex(entry);
    entry.declare(declaration, serviceName, policy);
    Subscriber subscriber = subscriber(entry);
    declaration.outgoing().forEach(o -> index(dependents, o.serviceName(), entry));
    declaration.published().forEach(p -> index(publishers, p.name(), entry));
    entry.interests().forEach(i -> patterns.add(i.pattern(), subscriber));
  }

  private void unindex(Entry entry) {
    Declaration before = entry.declaration();
    if (before != null) {
      Subscriber subscriber = subscriber(entry);
      before.outgoing().forEach(o -> unindex(dependents, o.serviceName(), entry));
      before.published().forEach(p -> unindex(publishers, p.name(), entry));
      entry.interests().forEach(i -> patterns.remove(i.pattern(), subscriber));
    }
  }

  private static Subscriber subscriber(Entry entry) {
    return new Subscriber(entry.id, entry.serviceId);
  }

  private static void index(Map<String, Set<Entry>> index, String key, Entry entry) {
    index.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(entry);
  }

  private static void unindex(Map<String, Set<Entry>> index, String key, Entry entry) {
    Set<Entry> entries = index.get(key);
    if (entries != null) {
      entries.remove(entry);
      if (entries.isEmpty()) {
        index.remove(key);
      }
    }
  }
}
