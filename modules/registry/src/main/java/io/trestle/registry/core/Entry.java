package io.trestle.registry.core;

import io.trestle.conversations.Callables;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Published;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One instance as the registry knows it: its session, its newest registration, and the rows that
 * others see of it. Rows are made once per change and shared by every view, so that views compare
 * them by reference.
 */
final class Entry {
  private static final byte[] NOT_SHOWN = {};

  final UUID id;
  final UUID serviceId;
  @Nullable Session session;
  @Nullable Watcher watcher;
  String sdkLanguage = "";
  String sdkVersion = "";
  long registration;
  boolean revoked;
  long sessionEndedMillis;
  final HealthWindow health = new HealthWindow();
  boolean healingPlanned;

  /** Until when it stays visible without a registry stream; 0 = it does not. */
  long graceUntilMillis;

  private @Nullable Declaration declaration;
  private ServicePolicy policy = ServicePolicy.OPEN;
  private boolean hadEndpoint;
  private List<Interest> interests = List.of();
  private List<MethodEntry> handlers = List.of();
  private List<MethodEntry> published = List.of();
  private @Nullable Instance row;
  private Callables.@Nullable Instance callable;

  /** The open control stream of an instance. */
  record Session(String id, UUID stream, long sinceMillis) {}

  /** What an SDK keys a method by (rpc.md 1.4). */
  record MethodKey(UUID instanceId, int type, String name, boolean published) {}

  /** A row with its key. */
  record MethodEntry(MethodKey key, Method row) {}

  /** A subscription with its pattern, parsed once. */
  record Interest(EventPattern pattern, Subscription row) {}

  Entry(UUID id, UUID serviceId) {
    this.id = id;
    this.serviceId = serviceId;
  }

  /**
   * Whether peers may see it: not revoked, present, registered, and its registry stream open or
   * gone for less than the grace.
   */
  boolean isLive() {
    return !revoked
        && session != null
        && declaration != null
        && (watcher != null || graceUntilMillis != 0);
  }

  @Nullable Declaration declaration() {
    return declaration;
  }

  List<Interest> interests() {
    return interests;
  }

  /** The subscriptions that peers may see. */
  List<Interest> shownInterests() {
    return policy.can(Capability.EVENT_HANDLE) ? interests : List.of();
  }

  List<MethodEntry> handlers() {
    return handlers;
  }

  List<MethodEntry> published() {
    return published;
  }

  /** Takes over a declaration; rows that did not change stay the same objects. */
  void declare(Declaration next, String serviceName, ServicePolicy current) {
    declaration = next;
    policy = current;
    hadEndpoint |= !next.callEndpoint().isEmpty();
    interests =
        next.subscriptions().stream()
            .map(s -> new Interest(EventPattern.parse(s.pattern()), s))
            .toList();
    makeRows(next, serviceName);
  }

  /** The capabilities of the service may have changed: handlers come and go with them. */
  void permit(ServicePolicy next, String serviceName) {
    policy = next;
    Declaration current = declaration;
    if (current != null) {
      makeRows(current, serviceName);
    }
  }

  /** The service has another name: every row shows it. */
  void renamed(String serviceName) {
    rowChanged();
    Declaration current = declaration;
    if (current != null) {
      makeRows(current, serviceName);
    }
  }

  /** Something that the instance row or the callable shows has changed. */
  void rowChanged() {
    row = null;
    callable = null;
  }

  private void makeRows(Declaration next, String serviceName) {
    handlers = reuse(handlers, handlerRows(next, serviceName));
    published = reuse(published, publishedRows(next, serviceName));
    rowChanged();
  }

  Instance row(String serviceName) {
    Instance current = row;
    if (current == null) {
      current = makeRow(serviceName);
      row = current;
    }
    return current;
  }

  /** What proxies may call on it. */
  Callables.Instance callable() {
    Callables.Instance current = callable;
    if (current == null) {
      current = new Callables.Instance(id, callEndpoint(), health.since(), callableMethods());
      callable = current;
    }
    return current;
  }

  private List<Callables.Method> callableMethods() {
    return handlers.stream()
        .map(MethodEntry::row)
        .filter(m -> m.type() == Declarations.RPC)
        .map(m -> new Callables.Method(m.name(), m.contractHash(), m.streaming()))
        .toList();
  }

  String status() {
    return isDraining() ? "draining" : "online";
  }

  /** Whether its registration went from an endpoint to none. */
  boolean isDraining() {
    return hadEndpoint && callEndpoint().isEmpty();
  }

  /** Whether it ever registered an endpoint. */
  boolean hadEndpoint() {
    return hadEndpoint;
  }

  String callEndpoint() {
    return declaration == null ? "" : declaration.callEndpoint();
  }

  String httpEndpoint() {
    return declaration == null ? "" : declaration.httpEndpoint();
  }

  private Instance makeRow(String serviceName) {
    return new Instance(
        id, serviceId, serviceName, callEndpoint(), status(), httpEndpoint(), health.since());
  }

  private List<MethodEntry> handlerRows(Declaration next, String serviceName) {
    Map<MethodKey, MethodEntry> rows = new LinkedHashMap<>();
    next.incoming().stream()
        .filter(m -> Handling.permits(policy, m.type()))
        .sorted(Comparator.comparingInt(Incoming::type))
        .forEach(m -> put(rows, handlerRow(m, serviceName)));
    return List.copyOf(rows.values());
  }

  private Method handlerRow(Incoming m, String serviceName) {
    return new Method(
        serviceId,
        serviceName,
        id,
        m.type(),
        m.name(),
        m.contractHash(),
        false,
        shown(m, m.inputSchema()),
        shown(m, m.outputSchema()),
        m.streaming());
  }

  private List<MethodEntry> publishedRows(Declaration next, String serviceName) {
    Map<MethodKey, MethodEntry> rows = new LinkedHashMap<>();
    next.published().forEach(p -> put(rows, publishedRow(p, serviceName)));
    return List.copyOf(rows.values());
  }

  private Method publishedRow(Published p, String serviceName) {
    return new Method(
        serviceId,
        serviceName,
        id,
        Declarations.EVENT,
        p.name(),
        p.contractHash(),
        true,
        fits(p.schema().length) ? p.schema() : NOT_SHOWN,
        NOT_SHOWN,
        false);
  }

  /** A row that no message could carry would cut the stream of everybody who may see it. */
  private static byte[] shown(Incoming m, byte[] schema) {
    return fits((long) m.inputSchema().length + m.outputSchema().length) ? schema : NOT_SHOWN;
  }

  private static boolean fits(long schemaBytes) {
    return schemaBytes <= Sizes.MAX_MESSAGE;
  }

  private static void put(Map<MethodKey, MethodEntry> rows, Method row) {
    MethodKey key = new MethodKey(row.instanceId(), row.type(), row.name(), row.published());
    rows.put(key, new MethodEntry(key, row));
  }

  private static List<MethodEntry> reuse(List<MethodEntry> before, List<MethodEntry> after) {
    Map<MethodKey, MethodEntry> known = new LinkedHashMap<>();
    before.forEach(e -> known.put(e.key(), e));
    return after.stream()
        .map(
            e -> {
              MethodEntry old = known.get(e.key());
              return old != null && same(old.row(), e.row()) ? old : e;
            })
        .toList();
  }

  /** Whether two rows of one key say the same; mostly they are the same object. */
  @SuppressWarnings("ReferenceEquality") // the quick answer before comparing schemas
  static boolean same(Method a, Method b) {
    return a == b || sameContent(a, b);
  }

  private static boolean sameContent(Method a, Method b) {
    return a.contractHash().equals(b.contractHash())
        && a.serviceName().equals(b.serviceName())
        && a.streaming() == b.streaming()
        && Arrays.equals(a.inputSchema(), b.inputSchema())
        && Arrays.equals(a.outputSchema(), b.outputSchema());
  }
}
