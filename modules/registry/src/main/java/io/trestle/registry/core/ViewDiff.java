package io.trestle.registry.core;

import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.Snapshot;
import io.trestle.registry.core.Entry.MethodEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The frames that lead from one view to the next.
 *
 * <p>An SDK applies an update in a fixed order: added, removed, added instances, removed instances,
 * removed peers. A changed row with the same key therefore goes into {@code added} only, and no key
 * is ever in both lists. Subscriptions and outgoing calls have no incremental form; a change of
 * them, or more than 1,000 changed rows, is sent as a new snapshot. The rows of a message stay
 * under 3 MiB: a larger snapshot carries what belongs to the watcher's service and as many
 * instances as fit, and the rest follows as updates.
 *
 * <p>RPC methods come first, because one SDK resolves a method by its name alone and takes the
 * first row.
 */
final class ViewDiff {
  static final int MAX_ROWS = 1_000;

  private static final Comparator<Method> RPC_FIRST = Comparator.comparingInt(Method::type);
  private static final byte[] NONE = {};

  private final List<Method> added = new ArrayList<>();
  private final List<Method> removed = new ArrayList<>();
  private final List<Instance> addedInstances = new ArrayList<>();
  private final List<Instance> removedInstances = new ArrayList<>();
  private final List<UUID> addedPeers;
  private final List<UUID> removedPeers;

  private ViewDiff(View before, View after) {
    compareMethods(before, after);
    compareInstances(before, after);
    addedPeers = without(after.peers, before.peers);
    removedPeers = without(before.peers, after.peers);
  }

  /** The frames of a change; empty when nothing that the watcher sees has changed. */
  static List<Content> update(View before, View after, Extras extras) {
    if (!before.subscriptions.equals(after.subscriptions)
        || !before.outgoing.equals(after.outgoing)) {
      return snapshot(after, extras);
    }
    ViewDiff diff = new ViewDiff(before, after);
    if (diff.rows() > MAX_ROWS) {
      return snapshot(after, extras);
    }
    return diff.isEmpty() && !extras.changed() ? List.of() : diff.frames(extras);
  }

  /** The frames of a whole view. */
  static List<Content> snapshot(View view, Extras extras) {
    List<Method> methods =
        view.methods.values().stream().map(MethodEntry::row).sorted(RPC_FIRST).toList();
    List<Instance> instances = List.copyOf(view.instances.values());
    long ownRows = ownRows(view);
    long methodBytes = methods.stream().mapToLong(Sizes::of).sum();
    int fitting = fitting(instances, ownRows);
    boolean whole =
        fitting == instances.size()
            && ownRows + instances.stream().mapToLong(Sizes::of).sum() + methodBytes
                <= Sizes.MAX_MESSAGE;
    Packing rest = new Packing(extras);
    if (!whole) {
      methods.forEach(rest::add);
      instances.subList(fitting, instances.size()).forEach(rest::add);
    }
    List<Content> frames = new ArrayList<>();
    frames.add(snapshot(view, whole ? methods : List.of(), instances.subList(0, fitting), extras));
    frames.addAll(rest.finish());
    if (!extras.standing().isEmpty()) {
      frames.addAll(new Packing(extras).finish(List.of(), List.of(), null, extras.standing()));
    }
    return frames;
  }

  private static Snapshot snapshot(
      View view, List<Method> methods, List<Instance> instances, Extras extras) {
    return new Snapshot(
        methods,
        List.copyOf(instances),
        List.copyOf(view.subscriptions.values()),
        List.copyOf(view.outgoing),
        extras.policy(),
        extras.captureModes());
  }

  /** Rows that have no other place than the snapshot. */
  private static long ownRows(View view) {
    return Sizes.MESSAGE
        + view.subscriptions.values().stream().mapToLong(Sizes::of).sum()
        + view.outgoing.stream().mapToLong(Sizes::of).sum();
  }

  /** How many of the instances fit into the snapshot; the watcher's own come first. */
  private static int fitting(List<Instance> instances, long used) {
    long size = used;
    int fitting = 0;
    while (fitting < instances.size()) {
      size += Sizes.of(instances.get(fitting));
      if (size > Sizes.MAX_MESSAGE) {
        break;
      }
      fitting++;
    }
    return fitting;
  }

  private void compareMethods(View before, View after) {
    after.methods.forEach(
        (key, entry) -> {
          MethodEntry old = before.methods.get(key);
          if (old == null || !Entry.same(old.row(), entry.row())) {
            added.add(entry.row());
          }
        });
    added.sort(RPC_FIRST);
    before.methods.forEach(
        (key, entry) -> {
          if (!after.methods.containsKey(key)) {
            removed.add(withoutSchemas(entry.row()));
          }
        });
  }

  private void compareInstances(View before, View after) {
    after.instances.forEach(
        (id, row) -> {
          if (!row.equals(before.instances.get(id))) {
            addedInstances.add(row);
          }
        });
    before.instances.forEach(
        (id, row) -> {
          if (!after.instances.containsKey(id)) {
            removedInstances.add(row);
          }
        });
  }

  private static List<UUID> without(Collection<UUID> all, Set<UUID> known) {
    return all.stream().filter(id -> !known.contains(id)).toList();
  }

  private int rows() {
    return added.size() + removed.size() + addedInstances.size() + removedInstances.size();
  }

  private boolean isEmpty() {
    return rows() == 0 && addedPeers.isEmpty() && removedPeers.isEmpty();
  }

  private List<Content> frames(Extras extras) {
    Packing packing = new Packing(extras);
    added.forEach(packing::add);
    removed.forEach(packing::remove);
    addedInstances.forEach(packing::add);
    removedInstances.forEach(packing::remove);
    return packing.finish(
        addedPeers, removedPeers, extras.policyChanged() ? extras.policy() : null, extras.fresh());
  }

  private static Method withoutSchemas(Method m) {
    return new Method(
        m.serviceId(),
        m.serviceName(),
        m.instanceId(),
        m.type(),
        m.name(),
        m.contractHash(),
        m.published(),
        NONE,
        NONE,
        m.streaming());
  }
}
