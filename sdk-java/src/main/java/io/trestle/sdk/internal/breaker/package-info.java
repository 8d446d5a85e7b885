/**
 * When a peer is left alone because direct calls to it fail: one circuit breaker per instance.
 * Pure: no I/O, no Vert.x, no clock of its own; what it decides is logged by {@link BreakerLog}
 * only.
 */
@NullMarked
package io.trestle.sdk.internal.breaker;

import org.jspecify.annotations.NullMarked;
