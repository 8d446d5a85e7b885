package io.trestle.events.core;

/**
 * A refusal by the handler side.
 *
 * @param error why, cut at 4 KiB; two texts mean that the client had no room, one beginning that it
 *     had no handler (events.md 6.2.1, 6.7.4)
 * @param retryAfterMillis wait before the next attempt instead of the ladder, at most 24 h;
 *     negative: the ladder
 * @param reject a dead letter at once, no further attempt
 */
public record Nack(String error, long retryAfterMillis, boolean reject) {}
