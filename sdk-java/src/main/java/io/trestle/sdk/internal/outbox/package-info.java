/**
 * What outboxes share: the thread that claims, sends and settles, and what people may ask of them.
 * Not for applications; must not touch a database but through {@code OutboxStore}.
 */
@NullMarked
package io.trestle.sdk.internal.outbox;

import org.jspecify.annotations.NullMarked;
