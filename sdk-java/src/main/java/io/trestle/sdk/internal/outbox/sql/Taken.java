package io.trestle.sdk.internal.outbox.sql;

import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import java.util.List;

/**
 * Rows that are the relay's own now.
 *
 * @param parked how many of those asked for cannot be read; they are parked, in this transaction
 */
public record Taken(List<ClaimedEvent> events, int parked) {}
