/**
 * What this instance knows of the fleet: rows as the runtime pushes them, and the views that calls
 * and applications read. Pure: no I/O, no Vert.x, no clock of its own.
 */
@NullMarked
package io.trestle.sdk.internal.registry;

import org.jspecify.annotations.NullMarked;
