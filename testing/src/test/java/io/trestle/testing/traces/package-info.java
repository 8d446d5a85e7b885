/** Trace streams with the SDK against the real kernel; what is on the wire is tested beside it. */
@NullMarked
package io.trestle.testing.traces;

import org.jspecify.annotations.NullMarked;
