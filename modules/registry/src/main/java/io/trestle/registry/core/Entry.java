package io.trestle.registry.core;

import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Published;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
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
  final UUID id;
  final UUID serviceId;
  @Nullable Session session;
  @Nullable Declaration declaration;
  @Nullable Watcher watcher;
  String sdkLanguage = "";
  String sdkVersion = "";
  long registration;
  boolean hadEndpoint;
  boolean watchGrace;
  boolean revoked;
  long sessionEndedMillis;
  final HealthWindow health = new HealthWindow();

  private List<MethodEntry> handlers = List.of();
  private List<MethodEntry> published = List.of();
  private @Nullable Instance row;

  /** The open control stream of an instance. */
  record Session(String id, UUID stream, long sinceMillis) {}

  /** What an SDK keys a method by (rpc.md 1.4). */
  record MethodKey(UUID instanceId, int type, String name, boolean published) {}

  /** A row with its key. */
  record MethodEntry(MethodKey key, Method row) {}

  Entry(UUID id, UUID serviceId) {
    this.id = id;
    this.serviceId = serviceId;
  }

  /**
   * Whether peers may see it: not revoked, present, registered, and its registry stream open or
   * gone for less than the grace.
   */
  boolean isLive() {
    return !revoked && session != null && declaration != null && (watcher != null || watchGrace);
  }

  List<MethodEntry> handlers() {
    return handlers;
  }

  List<MethodEntry> published() {
    return published;
  }

  /** Takes over a declaration; rows that did not change stay the same objects. */
  void declare(Declaration next, String serviceName) {
    declaration = next;
    hadEndpoint |= !next.callEndpoint().isEmpty();
    handlers = reuse(handlers, handlerRows(next, serviceName));
    published = reuse(published, publishedRows(next, serviceName));
    row = null;
  }

  /**
   * Drops the row after a change of what it shows; makes method rows anew when the service has
   * another name.
   */
  void refresh(String serviceName) {
    row = null;
    Declaration current = declaration;
    if (current != null) {
      declare(current, serviceName);
    }
  }

  Instance row(String serviceName) {
    Instance current = row;
    if (current == null) {
      current = makeRow(serviceName);
      row = current;
    }
    return current;
  }

  String status() {
    boolean cleared = hadEndpoint && callEndpoint().isEmpty();
    return cleared ? "draining" : "online";
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
        m.inputSchema(),
        m.outputSchema(),
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
        p.schema(),
        new byte[0],
        false);
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
