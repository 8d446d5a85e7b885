/**
 * Both ends of the streams of traces: what handlers write on its way to the runtime, and watches.
 * What a handler is, and how it is run, is no business of this room.
 */
@NullMarked
package io.trestle.sdk.internal.traces;

import org.jspecify.annotations.NullMarked;
