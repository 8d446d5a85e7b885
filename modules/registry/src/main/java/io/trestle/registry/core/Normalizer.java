package io.trestle.registry.core;

import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Published;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.FilterException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** Collapses what a declaration says twice, so that it is stored and shown once. */
public final class Normalizer {
  private Normalizer() {}

  /** The declaration without identical rows, in the order of first mention. */
  public static Declaration normalize(Declaration d) {
    Map<String, Incoming> incoming = new LinkedHashMap<>();
    d.incoming().forEach(m -> incoming.putIfAbsent(key(m), m));
    Map<String, Published> published = new LinkedHashMap<>();
    d.published().forEach(p -> published.putIfAbsent(p.name() + ' ' + p.contractHash(), p));
    Map<String, Subscription> subscriptions = new LinkedHashMap<>();
    d.subscriptions().forEach(s -> subscriptions.putIfAbsent(s.pattern(), s));
    return new Declaration(
        List.copyOf(incoming.values()),
        List.copyOf(published.values()),
        List.copyOf(new LinkedHashSet<>(d.outgoing())),
        List.copyOf(subscriptions.values()),
        d.callEndpoint(),
        d.httpEndpoint());
  }

  /** Several versions of one job are normal: its key includes the hash. */
  static String key(Incoming m) {
    String version = m.type() == Declarations.JOB ? '\n' + m.contractHash() : "";
    return m.type() + "\n" + m.name() + version;
  }

  /** Whether two filters say the same, whatever the order of keys. */
  static boolean sameFilter(Subscription a, Subscription b) {
    if (a.filter().equals(b.filter())) {
      return true;
    }
    try {
      return EventFilter.parse(a.filter()).equals(EventFilter.parse(b.filter()));
    } catch (FilterException e) {
      return false; // a fault of its own
    }
  }

  static boolean sameOptions(Subscription a, Subscription b) {
    return a.group().equals(b.group())
        && a.retryPolicy().equals(b.retryPolicy())
        && a.ttlMillis() == b.ttlMillis();
  }

  static boolean same(Incoming a, Incoming b) {
    return a.contractHash().equals(b.contractHash())
        && a.streaming() == b.streaming()
        && Arrays.equals(a.inputSchema(), b.inputSchema())
        && Arrays.equals(a.outputSchema(), b.outputSchema())
        && Arrays.equals(a.workflow(), b.workflow());
  }
}
