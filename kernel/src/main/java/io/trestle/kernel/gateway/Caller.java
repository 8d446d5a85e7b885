package io.trestle.kernel.gateway;

import java.util.UUID;

/**
 * Who calls, established by an {@link Authenticator}. It carries no certificate: how somebody
 * proved an identity ends at the gateway.
 *
 * @param serviceId service of the caller
 * @param instanceId instance of the caller
 * @param kind what the caller is
 * @param via how it proved that
 */
public record Caller(UUID serviceId, UUID instanceId, Kind kind, Via via) {
  /** Stands for nobody: only methods of {@link Access#ANYBODY} see it. */
  public static final Caller ANONYMOUS =
      new Caller(new UUID(0, 0), new UUID(0, 0), Kind.ANONYMOUS, Via.NOTHING);

  /** What a caller is. */
  public enum Kind {
    ANONYMOUS,
    SERVICE,
    RUNTIME,
    OPERATOR
  }

  /** How a caller proved its identity. */
  public enum Via {
    NOTHING,
    CERTIFICATE,
    KEY,
    TOKEN
  }
}
