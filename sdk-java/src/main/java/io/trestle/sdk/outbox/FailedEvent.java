package io.trestle.sdk.outbox;

import java.time.Instant;

/**
 * An event that the runtime has refused for good, or whose row cannot be read.
 *
 * @param id the id of the event
 * @param name its name
 * @param partitionKey its lane; empty for none
 * @param attempts how often it was sent
 * @param lastError why it was refused, or what is wrong with the row
 * @param enqueuedAt when it was put into the outbox
 */
public record FailedEvent(
    String id,
    String name,
    String partitionKey,
    int attempts,
    String lastError,
    Instant enqueuedAt) {}
