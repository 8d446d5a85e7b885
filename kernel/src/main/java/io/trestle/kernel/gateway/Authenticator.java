package io.trestle.kernel.gateway;

import org.jspecify.annotations.Nullable;

/**
 * Establishes who calls, on every call. Runs on the event loop of the connection and must not block
 * or allocate much.
 */
@FunctionalInterface
public interface Authenticator {
  /**
   * Says who calls.
   *
   * @param peer what the verified client certificate says; null when none was shown
   * @param headers request headers
   * @return the caller, {@link Caller#ANONYMOUS} when nothing was shown
   * @throws GrpcFailure when what was shown is refused ({@code UNAUTHENTICATED}, {@code access
   *     revoked})
   */
  Caller authenticate(@Nullable Peer peer, Headers headers);
}
