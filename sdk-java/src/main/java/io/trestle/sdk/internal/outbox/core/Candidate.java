package io.trestle.sdk.internal.outbox.core;

/**
 * A row that might be sent next: the first of its lane, or one without lane.
 *
 * @param row its number
 * @param lane its partition key; empty for none
 * @param bytes about how large it is
 * @param due whether its pause is over
 */
public record Candidate(long row, String lane, long bytes, boolean due) {}
