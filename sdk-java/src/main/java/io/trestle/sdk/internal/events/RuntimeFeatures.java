package io.trestle.sdk.internal.events;

import io.trestle.protocol.events.EventFeature;
import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.SubscriptionOptions;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Says once of each feature that is used and that the runtime does not offer, what happens instead
 * (events.md 12.2). On the lane of the session.
 */
final class RuntimeFeatures {
  private final Consumer<String> warn;
  private final Set<EventFeature> said = EnumSet.noneOf(EventFeature.class);
  private Set<String> offered = Set.of();

  RuntimeFeatures(Consumer<String> warn) {
    this.warn = warn;
  }

  /** What the runtime of this session has said, and what is declared. */
  void welcomed(Collection<String> features, Collection<Subscription<?>> declared) {
    offered = Set.copyOf(features);
    declared.forEach(subscription -> declared(subscription.options()));
  }

  private void declared(SubscriptionOptions options) {
    if (options.retryPolicy() != null) {
      used(EventFeature.RETRY_POLICY);
    }
    if (!options.group().isEmpty()) {
      used(EventFeature.GROUP);
    }
    if (options.ttl() != null) {
      used(EventFeature.TTL);
    }
  }

  /** A handler has ended so. */
  void ended(@Nullable Throwable failure) {
    if (failure instanceof EventRefusal refusal) {
      used(refusal.retryAfter().isPresent() ? EventFeature.RETRY_AFTER : EventFeature.REJECT);
    }
  }

  private void used(EventFeature feature) {
    if (!offered.contains(feature.text()) && said.add(feature)) {
      warn.accept("runtime_lacks feature=" + feature.text() + " instead=" + feature.without());
    }
  }
}
