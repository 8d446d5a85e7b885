/**
 * The Java SDK as a process that a conformance runner drives (wire.md 8.6). It must not know
 * scenarios: it serves and calls what it is told.
 */
@NullMarked
package io.trestle.conformance.agent;

import org.jspecify.annotations.NullMarked;
