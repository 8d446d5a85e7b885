package io.trestle.registry.core;

import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.registry.core.Revocations.Revoked;

/**
 * What travels with the rows of a view: policy, capture modes, revocations. Capture modes are
 * stamped on every update, because an early generation of SDKs reads their absence as NONE.
 *
 * @param fresh revocations that the watcher has not heard of
 * @param standing all revocations, which follow a snapshot
 */
record Extras(
    Policy policy,
    boolean policyChanged,
    CaptureModes captureModes,
    boolean captureChanged,
    Revoked fresh,
    Revoked standing) {

  boolean changed() {
    return policyChanged || captureChanged || !fresh.isEmpty();
  }
}
