package io.trestle.registry.core;

import io.trestle.conversations.Callables;
import io.trestle.conversations.Declarations;

/** Translates an instance into what proxies may call on it. */
final class Offers {
  private Offers() {}

  static Callables.Instance instance(Entry entry) {
    return new Callables.Instance(
        entry.id,
        entry.callEndpoint(),
        entry.health.since(),
        entry.handlers().stream()
            .map(Entry.MethodEntry::row)
            .filter(m -> m.type() == Declarations.RPC)
            .map(m -> new Callables.Method(m.name(), m.contractHash(), m.streaming()))
            .toList());
  }
}
