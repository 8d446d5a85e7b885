package io.trestle.pki.core;

import java.util.Map;
import java.util.UUID;

/**
 * A service as far as admission is concerned.
 *
 * @param id its UUID
 * @param name its label
 * @param active false = revoked
 * @param keys stored hashes of its good keys, by key id
 */
public record ServiceAccess(UUID id, String name, boolean active, Map<KeyId, String> keys) {
  /** Copies the keys. */
  public ServiceAccess {
    keys = Map.copyOf(keys);
  }

  boolean looksLike(ServiceAccess other) {
    return active == other.active && name.equals(other.name);
  }
}
