package io.trestle.registry.core;

import io.trestle.conversations.DeclarationCheck;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Outgoing;
import io.trestle.conversations.Declarations.Published;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.NameRules;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventName;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.FilterException;
import io.trestle.protocol.events.RetryPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What every declaration must satisfy, whichever modules are enabled (rpc.md 1.2). Faults are final
 * for the SDK that hears them, so each names the entry, what it said and what was expected.
 */
public final class DeclarationRules implements DeclarationCheck {
  /** Ten years. */
  static final long MAX_TTL_MILLIS = 315_360_000_000L;

  private static final Pattern ROUTE = Pattern.compile("[A-Z]+ \\S.*");

  @Override
  public List<String> faults(Declaration declaration) {
    List<String> faults = new ArrayList<>();
    declaration.incoming().forEach(m -> incoming(m, faults));
    declaration.published().forEach(p -> published(p, faults));
    declaration.outgoing().forEach(o -> outgoing(o, faults));
    declaration.subscriptions().forEach(s -> subscription(s, faults));
    endpoint("call_endpoint", declaration.callEndpoint(), faults);
    endpoint("http_endpoint", declaration.httpEndpoint(), faults);
    Contradictions.find(declaration, faults);
    return faults;
  }

  private static void incoming(Incoming m, List<String> faults) {
    hash("incoming '" + m.name() + "'", m.contractHash(), faults);
    switch (m.type()) {
      case Declarations.RPC -> name("incoming rpc", m.name(), faults);
      case Declarations.WORKFLOW -> workflow(m, faults);
      case Declarations.JOB -> job(m, faults);
      case Declarations.HTTP -> http(m, faults);
      default ->
          faults.add(
              "incoming '"
                  + m.name()
                  + "': type "
                  + m.type()
                  + " (expected: RPC, WORKFLOW, JOB or HTTP)");
    }
  }

  private static void workflow(Incoming m, List<String> faults) {
    name("incoming workflow", m.name(), faults);
    WorkflowIds.faults(m, faults);
  }

  private static void job(Incoming m, List<String> faults) {
    name("incoming job", m.name(), faults);
    if (m.inputSchema().length == 0) {
      faults.add(
          "incoming job '" + m.name() + "': input_schema_json empty (expected: the job's spec)");
    }
    noOutputSchema("job", m, faults);
  }

  private static void http(Incoming m, List<String> faults) {
    if (!ROUTE.matcher(m.name()).matches() || hasControls(m.name())) {
      faults.add("incoming http: '" + m.name() + "' (expected: METHOD /pattern)");
    }
    if (m.inputSchema().length != 0 || !m.contractHash().isEmpty()) {
      faults.add("incoming http '" + m.name() + "': schema or hash set (expected: none)");
    }
    noOutputSchema("http", m, faults);
  }

  private static void noOutputSchema(String type, Incoming m, List<String> faults) {
    if (m.outputSchema().length != 0) {
      faults.add(
          "incoming " + type + " '" + m.name() + "': output_schema_json set (expected: empty)");
    }
  }

  /** Old suites also declare patterns here: they are accepted and match nothing. */
  private static void published(Published p, List<String> faults) {
    hash("published '" + p.name() + "'", p.contractHash(), faults);
    if (!EventName.isValid(p.name()) && !EventPattern.isValid(p.name())) {
      faults.add("published: '" + p.name() + "' (expected: an event name such as orders.created)");
    }
  }

  private static void outgoing(Outgoing o, List<String> faults) {
    boolean known =
        o.type() == Declarations.RPC
            || o.type() == Declarations.WORKFLOW
            || o.type() == Declarations.HTTP;
    if (!known) {
      faults.add(
          "outgoing '"
              + o.serviceName()
              + "/"
              + o.methodName()
              + "': type "
              + o.type()
              + " (expected: RPC, WORKFLOW or HTTP)");
    }
    if (o.serviceName().isEmpty() || o.methodName().isEmpty()) {
      faults.add(
          "outgoing '"
              + o.serviceName()
              + "/"
              + o.methodName()
              + "' (expected: service and method)");
    }
  }

  private static void subscription(Subscription s, List<String> faults) {
    String problem = EventPattern.problem(s.pattern());
    if (problem != null) {
      faults.add("event_subscriptions: pattern '" + s.pattern() + "': " + problem);
    }
    try {
      EventFilter.parse(s.filter());
    } catch (FilterException e) {
      faults.add("event_subscriptions: filter of '" + s.pattern() + "': " + e.getMessage());
    }
    options(s, faults);
  }

  /** The fields of ours (events.md 12.2). */
  private static void options(Subscription s, List<String> faults) {
    String of = "event_subscriptions: '" + s.pattern() + "': ";
    if (s.ttlMillis() < 0 || s.ttlMillis() > MAX_TTL_MILLIS) {
      faults.add(of + "ttl_ms: " + s.ttlMillis() + " (expected: 0 to " + MAX_TTL_MILLIS + ")");
    }
    if (!s.group().isEmpty()) {
      name(of + "group", s.group(), faults);
    }
    if (!s.retryPolicy().isEmpty()) {
      try {
        RetryPolicy.parse(s.retryPolicy());
      } catch (IllegalArgumentException e) {
        faults.add(of + e.getMessage());
      }
    }
  }

  private static void endpoint(String field, String value, List<String> faults) {
    if (!value.isEmpty() && HostPort.parse(value).isEmpty()) {
      faults.add(field + ": '" + value + "' (expected: host:port, or empty)");
    }
  }

  /** Opaque, but it has to fit a column and a line. */
  private static void hash(String of, String hash, List<String> faults) {
    if (hash.length() > NameRules.MAX_LENGTH || hasControls(hash)) {
      faults.add(
          of
              + ": contract_hash (expected: at most "
              + NameRules.MAX_LENGTH
              + " characters without control characters)");
    }
  }

  private static boolean hasControls(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }

  private static void name(String what, String name, List<String> faults) {
    try {
      NameRules.check(what, name);
    } catch (IllegalArgumentException e) {
      faults.add(e.getMessage());
    }
  }

  /** The same key twice with different content. Identical rows collapse, see {@link Normalizer}. */
  static final class Contradictions {
    private Contradictions() {}

    static void find(Declaration declaration, List<String> faults) {
      Map<String, Incoming> handlers = new HashMap<>();
      for (Incoming m : declaration.incoming()) {
        String key = Normalizer.key(m);
        Incoming before = handlers.putIfAbsent(key, m);
        if (before != null && !Normalizer.same(before, m)) {
          faults.add("incoming '" + m.name() + "': declared twice with different content");
        }
      }
      Map<String, Subscription> patterns = new HashMap<>();
      for (Subscription s : declaration.subscriptions()) {
        Subscription before = patterns.putIfAbsent(s.pattern(), s);
        if (before != null) {
          subscribedTwice(before, s, faults);
        }
      }
    }

    /** Filters are compared by what they say: not every SDK keeps the order of keys. */
    private static void subscribedTwice(Subscription a, Subscription b, List<String> faults) {
      if (!Normalizer.sameFilter(a, b)) {
        faults.add("event_subscriptions: '" + b.pattern() + "' with two different filters");
      } else if (!Normalizer.sameOptions(a, b)) {
        faults.add(
            "event_subscriptions: '"
                + b.pattern()
                + "' with two different groups, retry policies or ttls");
      }
    }
  }
}
