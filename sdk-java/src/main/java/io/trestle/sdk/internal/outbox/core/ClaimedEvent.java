package io.trestle.sdk.internal.outbox.core;

import io.trestle.sdk.outbox.PreparedEvent;

/**
 * A row that is being sent.
 *
 * @param row its number
 * @param attempts how often it was sent before
 */
public record ClaimedEvent(long row, PreparedEvent event, int attempts) {}
