/**
 * Streams of chunks, one to a trace: stored as they are written, watched from any place on, over
 * breaks and restarts. It knows writers and watchers; what an operation is it does not know.
 */
@NullMarked
package io.trestle.traces;

import org.jspecify.annotations.NullMarked;
