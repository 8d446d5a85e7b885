/**
 * A fleet of real instances under random trouble, and a model of what may come of their calls.
 * Nothing here looks into the kernel or the SDK: it edits policies as operators do, and judges by
 * what handlers and callers saw.
 */
@NullMarked
package io.trestle.system.fleet;

import org.jspecify.annotations.NullMarked;
