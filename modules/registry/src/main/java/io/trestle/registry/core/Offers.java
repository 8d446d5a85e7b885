package io.trestle.registry.core;

import io.trestle.conversations.Callables;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What proxies may call. An offer is the whole of a service, so to publish one per change would
 * cost the square of the number of instances when a service starts. Changes are therefore noted,
 * and {@link #publish} tells each service once, and only when it offers something else than before.
 */
final class Offers {
  private final Directory directory;
  private final Roster roster;
  private final Consumer<Effect> effects;
  private final Set<UUID> changed = new LinkedHashSet<>();
  private final Map<UUID, Callables.Offer> published = new HashMap<>();

  Offers(Directory directory, Roster roster, Consumer<Effect> effects) {
    this.directory = directory;
    this.roster = roster;
    this.effects = effects;
  }

  /** Something of the service changed that its offer may show. */
  void changed(UUID service) {
    changed.add(service);
  }

  /** Tells what has changed since the last time. */
  void publish() {
    for (UUID service : changed) {
      Callables.Offer now = offer(service);
      // Instances are the same objects while they offer the same, so this compares references.
      if (!now.equals(published.put(service, now))) {
        effects.accept(new Effect.PublishOffer(now));
      }
    }
    changed.clear();
  }

  /** Every service as it is now. */
  List<Callables.Offer> all() {
    return directory.all().stream().map(s -> offer(s.id())).toList();
  }

  private Callables.Offer offer(UUID service) {
    Directory.@Nullable Service known = directory.find(service);
    boolean active = known != null && known.active();
    List<Callables.Instance> instances =
        active
            ? roster.live(service).stream()
                .filter(e -> !e.callEndpoint().isEmpty())
                .map(Entry::callable)
                .toList()
            : List.of();
    return new Callables.Offer(service, directory.name(service), active, instances);
  }
}
