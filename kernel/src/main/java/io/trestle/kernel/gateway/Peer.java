package io.trestle.kernel.gateway;

import io.trestle.protocol.SpiffeId;
import org.jspecify.annotations.Nullable;

/**
 * What a verified client certificate says, read once per connection.
 *
 * @param identity its single URI SAN; null when it has none, several, or one of another form
 * @param notAfterMillis its expiry in Unix milliseconds
 */
public record Peer(@Nullable SpiffeId identity, long notAfterMillis) {}
