package io.trestle.registry.core;

import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Published;
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
    return new Declaration(
        List.copyOf(incoming.values()),
        List.copyOf(published.values()),
        List.copyOf(new LinkedHashSet<>(d.outgoing())),
        List.copyOf(new LinkedHashSet<>(d.subscriptions())),
        d.callEndpoint(),
        d.httpEndpoint());
  }

  /** Several versions of one job are normal: its key includes the hash. */
  static String key(Incoming m) {
    String version = m.type() == Declarations.JOB ? '\n' + m.contractHash() : "";
    return m.type() + "\n" + m.name() + version;
  }

  static boolean same(Incoming a, Incoming b) {
    return a.contractHash().equals(b.contractHash())
        && a.streaming() == b.streaming()
        && Arrays.equals(a.inputSchema(), b.inputSchema())
        && Arrays.equals(a.outputSchema(), b.outputSchema())
        && Arrays.equals(a.workflow(), b.workflow());
  }
}
