/**
 * What an outbox needs of the SDK, and what outboxes have in common: events that are kept in a
 * database before they are published. Knows no database; the modules {@code sdk-outbox-sqlite} and
 * {@code sdk-outbox-jdbc} do, and applications may have their own.
 */
@NullMarked
package io.trestle.sdk.outbox;

import org.jspecify.annotations.NullMarked;
