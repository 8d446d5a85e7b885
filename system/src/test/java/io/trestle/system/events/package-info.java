/** Events with the SDK against the real kernel; what is on the wire is tested beside it. */
@NullMarked
package io.trestle.system.events;

import org.jspecify.annotations.NullMarked;
