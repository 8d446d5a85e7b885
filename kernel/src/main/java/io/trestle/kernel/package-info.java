/**
 * The microkernel: what a module is, what it is given, and how all of them start and stop. It knows
 * nothing of RPC, events or jobs, and imports no module.
 */
@NullMarked
package io.trestle.kernel;

import org.jspecify.annotations.NullMarked;
