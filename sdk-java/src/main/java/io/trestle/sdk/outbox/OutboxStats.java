package io.trestle.sdk.outbox;

import java.time.Duration;

/**
 * How much is in an outbox.
 *
 * @param pending events that wait for the runtime or are being sent
 * @param failed events that were refused and wait for a person
 * @param oldest how long the oldest pending one has waited; zero if there is none
 */
public record OutboxStats(long pending, long failed, Duration oldest) {}
