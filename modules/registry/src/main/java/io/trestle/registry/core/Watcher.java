package io.trestle.registry.core;

import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.registry.core.Revocations.Revoked;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One registry stream and what it was sent.
 *
 * <p>At most one frame is under way; the next view is computed when it was taken. So a slow watcher
 * holds one view and no queue: what happened meanwhile is in the next difference, and nobody else
 * waits for it.
 */
final class Watcher {
  final UUID stream;
  final Entry entry;
  private final Consumer<Content> send;
  private final ArrayDeque<Content> outbox = new ArrayDeque<>();
  private final Set<UUID> revokedServices = new LinkedHashSet<>();
  private final Set<UUID> revokedInstances = new LinkedHashSet<>();
  private final Map<UUID, Instance> restored = new LinkedHashMap<>();
  private @Nullable View sent;
  private @Nullable Policy sentPolicy;
  private @Nullable CaptureModes sentCapture;
  private boolean underWay;
  private boolean dirty = true;

  Watcher(UUID stream, Entry entry, Consumer<Content> send) {
    this.stream = stream;
    this.entry = entry;
    this.send = send;
  }

  void touch() {
    dirty = true;
  }

  void revokeService(UUID service) {
    revokedServices.add(service);
    restored.remove(service);
    dirty = true;
  }

  /** The service is active again; a watcher that has not heard of the revocation never will. */
  void restoreService(Instance standIn) {
    if (!revokedServices.remove(standIn.serviceId())) {
      restored.put(standIn.serviceId(), standIn);
      dirty = true;
    }
  }

  void revokeInstance(UUID instance) {
    revokedInstances.add(instance);
    dirty = true;
  }

  /** Whether a new view may be computed now. */
  boolean isReady() {
    return dirty && !underWay && outbox.isEmpty();
  }

  /** Takes over the new view and sends the first frame of the change, if there is one. */
  void advance(View view, Policy policy, CaptureModes capture, Revoked standing) {
    Extras extras = extras(policy, capture, standing);
    View before = sent;
    outbox.addAll(
        before == null ? ViewDiff.snapshot(view, extras) : ViewDiff.update(before, view, extras));
    sent = view;
    sentPolicy = policy;
    sentCapture = capture;
    revokedServices.clear();
    revokedInstances.clear();
    restored.clear();
    dirty = false;
    sendNext();
  }

  /** The frame under way was taken. */
  void taken() {
    underWay = false;
    sendNext();
  }

  private void sendNext() {
    Content next = outbox.poll();
    if (next != null) {
      underWay = true;
      send.accept(next);
    }
  }

  private Extras extras(Policy policy, CaptureModes capture, Revoked standing) {
    return new Extras(
        policy,
        !policy.equals(sentPolicy),
        capture,
        !capture.equals(sentCapture),
        new Revoked(
            List.copyOf(revokedServices),
            List.copyOf(revokedInstances),
            List.copyOf(restored.values())),
        standing);
  }
}
