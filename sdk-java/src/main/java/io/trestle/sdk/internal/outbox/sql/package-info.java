/**
 * What stores of outboxes over JDBC share: how rows are read and written, and how the next ones are
 * found. Must not know a dialect: texts of statements and connections are those of the modules.
 */
@NullMarked
package io.trestle.sdk.internal.outbox.sql;

import org.jspecify.annotations.NullMarked;
