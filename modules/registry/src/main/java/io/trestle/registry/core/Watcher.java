package io.trestle.registry.core;

import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Policy;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
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
  private final ArrayDeque<Content> outbox = new ArrayDeque<>();
  private final Set<UUID> revokedServices = new LinkedHashSet<>();
  private final Set<UUID> revokedInstances = new LinkedHashSet<>();
  private @Nullable View sent;
  private @Nullable Policy sentPolicy;
  private @Nullable CaptureModes sentCapture;
  private boolean underWay;
  private boolean dirty = true;

  Watcher(UUID stream, Entry entry) {
    this.stream = stream;
    this.entry = entry;
  }

  void touch() {
    dirty = true;
  }

  void revokeService(UUID service) {
    revokedServices.add(service);
    dirty = true;
  }

  void revokeInstance(UUID instance) {
    revokedInstances.add(instance);
    dirty = true;
  }

  /** Whether a new view may be computed now. */
  boolean isReady() {
    return dirty && !underWay && outbox.isEmpty();
  }

  /** Takes over the new view and passes the first frame of the change, if there is one. */
  void advance(View view, Policy policy, CaptureModes capture, Consumer<Content> send) {
    Extras extras = extras(policy, capture);
    View before = sent;
    outbox.addAll(
        before == null ? ViewDiff.snapshot(view, extras) : ViewDiff.update(before, view, extras));
    sent = view;
    sentPolicy = policy;
    sentCapture = capture;
    revokedServices.clear();
    revokedInstances.clear();
    dirty = false;
    sendNext(send);
  }

  /** The frame under way was taken. */
  void taken(Consumer<Content> send) {
    underWay = false;
    sendNext(send);
  }

  private void sendNext(Consumer<Content> send) {
    Content next = outbox.poll();
    if (next != null) {
      underWay = true;
      send.accept(next);
    }
  }

  private Extras extras(Policy policy, CaptureModes capture) {
    return new Extras(
        policy,
        !policy.equals(sentPolicy),
        capture,
        !capture.equals(sentCapture),
        List.copyOf(revokedServices),
        List.copyOf(revokedInstances));
  }
}
