package io.trestle.pki.core;

import io.trestle.protocol.SpiffeId;
import java.util.List;
import java.util.UUID;

/**
 * What a leaf says about its holder, beside the key. Every leaf may be shown as a client and as a
 * server.
 *
 * @param commonName subject; carries no authority
 * @param id the one URI name, which is the identity
 * @param dnsNames further names, for tools that look at host names
 * @param addresses further IP addresses in text, for the same
 * @param lifetimeMillis from now to expiry
 */
public record LeafProfile(
    String commonName,
    SpiffeId id,
    List<String> dnsNames,
    List<String> addresses,
    long lifetimeMillis) {
  private static final long RUNTIME_LIFETIME_MILLIS = 30L * 24 * 3_600_000;

  /** An instance of a service (wire.md 3.3). */
  public static LeafProfile ofInstance(UUID serviceId, UUID instanceId, long lifetimeMillis) {
    SpiffeId id = SpiffeId.service(serviceId.toString(), instanceId.toString());
    return new LeafProfile(instanceId.toString(), id, List.of(), List.of(), lifetimeMillis);
  }

  /** The runtime itself (wire.md 3.5), 30 days. */
  public static LeafProfile ofRuntime(List<String> dnsNames) {
    List<String> addresses = List.of("127.0.0.1", "::1");
    return new LeafProfile(
        "runtime", SpiffeId.runtime(), dnsNames, addresses, RUNTIME_LIFETIME_MILLIS);
  }
}
