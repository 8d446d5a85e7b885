/**
 * gRPC over HTTP/2 as this SDK uses it: frames, one exchange, one pinned connection, the codec of
 * call messages. It knows neither sessions nor policies, and decides nothing about retries.
 */
@NullMarked
package io.trestle.sdk.internal.wire;

import org.jspecify.annotations.NullMarked;
