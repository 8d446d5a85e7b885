/**
 * Typed request/reply and publish over the Vert.x event bus. Values pass by reference inside a
 * process; nothing here knows what is said.
 */
@NullMarked
package io.trestle.kernel.bus;

import org.jspecify.annotations.NullMarked;
