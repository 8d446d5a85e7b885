/** Trace streams with the SDK against the real kernel; what is on the wire is tested beside it. */
@NullMarked
package io.trestle.system.traces;

import org.jspecify.annotations.NullMarked;
