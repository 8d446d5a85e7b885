package io.trestle.pki.core;

import java.util.UUID;

/**
 * An instance as far as admission is concerned.
 *
 * @param id its UUID
 * @param serviceId its service, for good
 * @param leafNotAfterMillis expiry of its newest leaf
 * @param revoked for good
 */
public record InstanceAccess(UUID id, UUID serviceId, long leafNotAfterMillis, boolean revoked) {
  InstanceAccess withLeaf(long notAfterMillis) {
    return new InstanceAccess(id, serviceId, Math.max(leafNotAfterMillis, notAfterMillis), revoked);
  }

  InstanceAccess asRevoked() {
    return new InstanceAccess(id, serviceId, leafNotAfterMillis, true);
  }
}
