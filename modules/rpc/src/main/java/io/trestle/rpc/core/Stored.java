package io.trestle.rpc.core;

import com.google.protobuf.ByteString;
import java.util.Optional;
import java.util.UUID;

/**
 * What is stored under an idempotency key.
 *
 * @param claim who claimed it
 * @param takenFrom the claim whose lease ended without a reply, if it was taken over
 * @param payloadHash SHA-256 of the payload of the call that claimed it
 * @param untilMillis unix milliseconds: end of the lease, or of the time in which the reply holds
 * @param reply the saved reply; empty while it is only claimed
 */
public record Stored(
    UUID claim,
    Optional<UUID> takenFrom,
    ByteString payloadHash,
    long untilMillis,
    Optional<ByteString> reply) {
  boolean holds(long nowMillis) {
    return untilMillis > nowMillis;
  }
}
