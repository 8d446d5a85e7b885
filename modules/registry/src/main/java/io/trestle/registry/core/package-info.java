/**
 * The decisions of the registry: who is present, what a watcher may see, and what changed for it.
 * Pure: no I/O, no Vert.x, no clock of its own; time comes in as a number, commands go out as
 * {@link io.trestle.registry.core.Effect}s.
 */
@NullMarked
package io.trestle.registry.core;

import org.jspecify.annotations.NullMarked;
