/**
 * The SDK inside a Vert.x application: its event loops, its futures. Nothing here that {@code
 * io.trestle.sdk} does not do; it only spares threads and hops.
 */
@NullMarked
package io.trestle.sdk.vertx;

import org.jspecify.annotations.NullMarked;
