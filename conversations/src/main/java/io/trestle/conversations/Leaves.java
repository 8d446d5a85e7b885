package io.trestle.conversations;

import java.util.UUID;

/** Certificates of instances. Answered by the PKI, on whatever wire the question arrived. */
public final class Leaves {
  /**
   * Makes a new instance of the service that holds a bootstrap key, and its first leaf. INVALID for
   * a request that is malformed, UNAUTHENTICATED with one message for every key that is not good,
   * OVERLOADED for load, UNAVAILABLE while it cannot be stored.
   */
  public static final Conversation<Provision, Provisioned> PROVISION =
      new Conversation<>("leaves.provision", Provision.class, Provisioned.class);

  /**
   * Issues a further leaf for an instance that was authenticated; earlier ones stay valid. INVALID,
   * OVERLOADED or UNAVAILABLE as above, UNAUTHENTICATED when the instance or its service is
   * revoked.
   */
  public static final Conversation<Refresh, Refreshed> REFRESH =
      new Conversation<>("leaves.refresh", Refresh.class, Refreshed.class);

  private Leaves() {}

  /**
   * {@code keyId} 8 bytes, {@code secret} 32 bytes, {@code csr} PKCS#10 in DER.
   *
   * @param deadlineMillis Unix milliseconds until which somebody waits; 0 for as long as it takes
   */
  public record Provision(byte[] keyId, byte[] secret, byte[] csr, long deadlineMillis) {}

  /** {@code certificate} and {@code authority} are one DER certificate each. */
  public record Provisioned(
      byte[] certificate,
      byte[] authority,
      UUID serviceId,
      String serviceName,
      UUID instanceId,
      long notAfterMillis) {}

  public record Refresh(UUID serviceId, UUID instanceId, byte[] csr) {}

  public record Refreshed(byte[] certificate, byte[] authority, long notAfterMillis) {}
}
