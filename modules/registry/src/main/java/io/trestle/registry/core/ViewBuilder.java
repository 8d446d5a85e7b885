package io.trestle.registry.core;

import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Outgoing;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.conversations.Registrations.OutgoingRow;
import io.trestle.conversations.Registrations.SubscriptionRow;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Entry.Interest;
import io.trestle.registry.core.Entry.MethodEntry;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Computes what one instance may see (rpc.md 1.3): its own service, the services that it depends
 * on, and the publishers of events that its service subscribes to; of each service that it sees,
 * every live instance. Dependence is one-way: being called does not make the caller visible.
 *
 * <p>The egress rules of its service narrow this, its own rows excepted. What others accept does
 * not: a call has to reach a gate that says why not.
 */
final class ViewBuilder {
  private static final Declaration NOTHING =
      new Declaration(List.of(), List.of(), List.of(), List.of(), "", "");

  private final Directory directory;
  private final Roster roster;
  private final PolicyBook policies;

  ViewBuilder(Directory directory, Roster roster, PolicyBook policies) {
    this.directory = directory;
    this.roster = roster;
    this.policies = policies;
  }

  View build(Entry watcher) {
    View view = new View();
    List<Entry> own = roster.siblings(watcher);
    own.stream().filter(Entry::isLive).forEach(e -> addInstance(view, e));
    addDependencies(view, watcher);
    addPublishers(view, watcher.serviceId, own);
    addOwnRows(view, watcher.serviceId, own);
    addConsumers(view, own);
    return view;
  }

  private void addInstance(View view, Entry entry) {
    view.instances.put(entry.id, entry.row(directory.name(entry.serviceId)));
  }

  private void addPeer(View view, UUID service) {
    if (view.peers.add(service)) {
      roster.live(service).forEach(e -> addInstance(view, e));
    }
  }

  // ---- what it calls

  private void addDependencies(View view, Entry watcher) {
    ServicePolicy policy = policies.of(watcher.serviceId);
    for (Outgoing wanted : declaration(watcher).outgoing()) {
      UUID peer = directory.activeByName(wanted.serviceName());
      if (peer != null && !peer.equals(watcher.serviceId) && isInScope(policy, peer, wanted)) {
        roster.live(peer).forEach(instance -> addDependency(view, instance, wanted, policy));
      }
    }
  }

  /** A dependency on every method is in scope when some method may be. */
  private static boolean isInScope(ServicePolicy policy, UUID peer, Outgoing wanted) {
    return Handling.kind(wanted.type())
        .map(
            kind ->
                wanted.methodName().equals(Rule.ANY)
                    ? policy.allowsSome(kind.egress(), peer)
                    : policy.shows(kind.egress(), peer, wanted.methodName()))
        .orElse(true);
  }

  private void addDependency(View view, Entry peer, Outgoing wanted, ServicePolicy policy) {
    addPeer(view, peer.serviceId);
    for (MethodEntry handler : peer.handlers()) {
      String method = handler.key().name();
      if (handler.key().type() == wanted.type()
          && offers(wanted, method)
          && isShown(policy, peer.serviceId, wanted.type(), method)) {
        view.methods.put(handler.key(), handler);
      }
    }
  }

  private static boolean isShown(ServicePolicy policy, UUID peer, int type, String method) {
    return Handling.kind(type).map(kind -> policy.shows(kind.egress(), peer, method)).orElse(true);
  }

  private static boolean offers(Outgoing wanted, String method) {
    return wanted.methodName().equals(Rule.ANY) || wanted.methodName().equals(method);
  }

  // ---- what it consumes

  private void addPublishers(View view, UUID self, List<Entry> own) {
    for (EventPattern pattern : patterns(own)) {
      if (hasWildcard(pattern)) {
        roster.publishedNames().stream()
            .filter(pattern::matches)
            .forEach(name -> addPublishers(view, self, name));
      } else {
        addPublishers(view, self, pattern.text());
      }
    }
  }

  private static Set<EventPattern> patterns(List<Entry> own) {
    Set<EventPattern> patterns = new LinkedHashSet<>();
    own.forEach(entry -> entry.interests().forEach(i -> patterns.add(i.pattern())));
    return patterns;
  }

  private static boolean hasWildcard(EventPattern pattern) {
    return pattern.text().indexOf('*') >= 0 || pattern.text().indexOf('#') >= 0;
  }

  /** A service with rules of publishing sees no other events than those it may publish. */
  private void addPublishers(View view, UUID self, String name) {
    if (!policies.of(self).allows(Action.EVENT_PUBLISH, name)) {
      return;
    }
    for (Entry publisher : roster.publishers(name)) {
      if (!publisher.serviceId.equals(self)
          && publisher.isLive()
          && directory.isActive(publisher.serviceId)) {
        addPeer(view, publisher.serviceId);
        publisher.published().stream()
            .filter(m -> m.key().name().equals(name))
            .forEach(m -> view.methods.put(m.key(), m));
      }
    }
  }

  // ---- subscriptions and outgoing calls

  private void addOwnRows(View view, UUID self, List<Entry> own) {
    for (Entry entry : own) {
      declaration(entry).subscriptions().forEach(s -> view.add(subscriptionRow(self, s)));
      for (Outgoing wanted : declaration(entry).outgoing()) {
        UUID target = directory.activeByName(wanted.serviceName());
        if (target != null) {
          view.outgoing.add(new OutgoingRow(self, target, wanted.methodName(), wanted.type()));
        }
      }
    }
  }

  /** Subscriptions of visible peers to events that this service publishes. */
  private void addConsumers(View view, List<Entry> own) {
    Set<String> events = new LinkedHashSet<>();
    own.forEach(entry -> entry.published().forEach(e -> events.add(e.key().name())));
    if (events.isEmpty()) {
      return;
    }
    for (UUID peer : new ArrayList<>(view.peers)) {
      for (Entry consumer : roster.live(peer)) {
        for (Interest interest : consumer.shownInterests()) {
          if (events.stream().anyMatch(interest.pattern()::matches)) {
            view.add(subscriptionRow(peer, interest.row()));
          }
        }
      }
    }
  }

  private SubscriptionRow subscriptionRow(UUID service, Subscription s) {
    return new SubscriptionRow(service, directory.name(service), s.pattern(), s.filter());
  }

  private static Declaration declaration(Entry entry) {
    Declaration declaration = entry.declaration();
    return declaration == null ? NOTHING : declaration;
  }
}
