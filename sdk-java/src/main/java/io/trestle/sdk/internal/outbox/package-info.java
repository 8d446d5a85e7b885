/**
 * The thread of an outbox, which the modules with databases share: it claims, sends and settles.
 * Not for applications; must not touch a database but through {@code OutboxTable}.
 */
@NullMarked
package io.trestle.sdk.internal.outbox;

import org.jspecify.annotations.NullMarked;
