package io.trestle.pki;

import io.trestle.conversations.Services;
import io.trestle.pki.core.KeyId;
import io.trestle.pki.core.ServiceAccess;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/**
 * A row of {@code services} with its good keys.
 *
 * @param keys stored hashes by key id
 */
record ServiceRow(
    UUID id, String name, boolean active, Instant createdAt, Map<KeyId, String> keys) {
  ServiceAccess access() {
    return new ServiceAccess(id, name, active, keys);
  }

  Services.Service told() {
    return new Services.Service(id, name, active ? "active" : "revoked", createdAt);
  }
}
