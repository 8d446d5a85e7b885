/**
 * What is decided about the rows of an outbox: which go together, what a verdict means, when to
 * look again. Pure: no database, no clock, no thread.
 */
@NullMarked
package io.trestle.sdk.internal.outbox.core;

import org.jspecify.annotations.NullMarked;
