package io.trestle.events.core;

import org.jspecify.annotations.Nullable;

/**
 * A delivery that waits: one position of the log that one consumer has to handle.
 *
 * @param position place in the log; of one lane, the one that is offered first goes first
 * @param lane partition key, empty for none
 * @param match the subscriptions of this consumer that matched when it was published, at least one
 * @param createdAt Unix milliseconds
 * @param bytes what the event takes in memory
 * @param event what is handed out; the dispatcher does not look into it. Null when it is not in
 *     memory: the dispatcher asks for it ({@link DispatchActions#fetch}) before it hands out
 * @param trouble what went wrong so far; {@link Trouble#NONE} for a fresh one
 * @param <E> the event
 */
public record Pending<E>(
    long position,
    String lane,
    Match match,
    long createdAt,
    int bytes,
    @Nullable E event,
    Trouble trouble) {}
