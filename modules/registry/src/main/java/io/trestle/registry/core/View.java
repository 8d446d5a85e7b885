package io.trestle.registry.core;

import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.OutgoingRow;
import io.trestle.conversations.Registrations.SubscriptionRow;
import io.trestle.registry.core.Entry.MethodKey;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What one watcher sees, as rows by the keys under which SDKs cache them. Filled by {@link
 * ViewBuilder}, then only read.
 */
final class View {
  final Map<MethodKey, Entry.MethodEntry> methods = new LinkedHashMap<>();
  final Map<UUID, Instance> instances = new LinkedHashMap<>();
  final Map<SubscriptionKey, SubscriptionRow> subscriptions = new LinkedHashMap<>();
  final Set<OutgoingRow> outgoing = new LinkedHashSet<>();

  /** Other services of which it sees a row. */
  final Set<UUID> peers = new LinkedHashSet<>();

  /** Instances of one service may have different filters for one pattern; SDKs keep one row. */
  record SubscriptionKey(UUID serviceId, String pattern) {}

  void add(SubscriptionRow row) {
    subscriptions.putIfAbsent(new SubscriptionKey(row.serviceId(), row.pattern()), row);
  }
}
