/**
 * A transactional outbox: events are rows in the database of the application, written in its own
 * transactions and sent after their commit. Must touch {@code java.sql} and {@code javax.sql} only,
 * no driver; events leave through the courier.
 */
@NullMarked
package io.trestle.sdk.outbox.jdbc;

import org.jspecify.annotations.NullMarked;
