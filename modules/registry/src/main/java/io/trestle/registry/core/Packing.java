package io.trestle.registry.core;

import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.conversations.Registrations.Update;
import io.trestle.registry.core.Revocations.Revoked;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Packs the rows of a change into as few updates as the size of a message allows, in the order in
 * which they are added. Methods go before instances, so that no instance precedes its methods.
 */
final class Packing {
  private final Extras extras;
  private final List<Content> frames = new ArrayList<>();
  private List<Method> added = new ArrayList<>();
  private List<Method> removed = new ArrayList<>();
  private List<Instance> addedInstances = new ArrayList<>();
  private List<Instance> removedInstances = new ArrayList<>();
  private long size = Sizes.MESSAGE;

  Packing(Extras extras) {
    this.extras = extras;
  }

  void add(Method row) {
    makeRoom(Sizes.of(row));
    added.add(row);
  }

  void remove(Method row) {
    makeRoom(Sizes.of(row));
    removed.add(row);
  }

  void add(Instance row) {
    makeRoom(Sizes.of(row));
    addedInstances.add(row);
  }

  void remove(Instance row) {
    makeRoom(Sizes.of(row));
    removedInstances.add(row);
  }

  /** All frames; the last one also says what is said once for the whole change. */
  List<Content> finish(
      List<UUID> addedPeers, List<UUID> removedPeers, @Nullable Policy policy, Revoked revoked) {
    frames.add(update(addedPeers, removedPeers, policy, revoked));
    return frames;
  }

  /** All frames of a change that is rows and nothing else; none without rows. */
  List<Content> finish() {
    if (size > Sizes.MESSAGE) {
      cut();
    }
    return frames;
  }

  private void makeRoom(long bytes) {
    if (size > Sizes.MESSAGE && size + bytes > Sizes.MAX_MESSAGE) {
      cut();
    }
    size += bytes;
  }

  private void cut() {
    frames.add(update(List.of(), List.of(), null, Revoked.NOBODY));
    added = new ArrayList<>();
    removed = new ArrayList<>();
    addedInstances = new ArrayList<>();
    removedInstances = new ArrayList<>();
    size = Sizes.MESSAGE;
  }

  private Update update(
      List<UUID> addedPeers, List<UUID> removedPeers, @Nullable Policy policy, Revoked revoked) {
    return new Update(
        List.copyOf(added),
        List.copyOf(removed),
        and(addedInstances, revoked.restored()),
        and(removedInstances, revoked.restored()),
        addedPeers,
        removedPeers,
        policy,
        extras.captureModes(),
        revoked.services(),
        revoked.instances());
  }

  private static List<Instance> and(List<Instance> rows, List<Instance> more) {
    List<Instance> all = new ArrayList<>(rows);
    all.addAll(more);
    return List.copyOf(all);
  }
}
