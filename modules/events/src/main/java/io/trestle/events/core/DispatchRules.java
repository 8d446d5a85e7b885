package io.trestle.events.core;

import java.util.List;

/**
 * The settings of hand-outs, read at each transition (events.md 13).
 *
 * @param visibilityMillis how long a hand-out may stay unanswered
 * @param maxAttempts attempts before a dead letter
 * @param ladderMillis waits before the second and later attempts; the last one repeats
 * @param orphanGraceMillis how long deliveries wait for a pattern that left with an instance
 * @param offlineMillis after how long without live instance deliveries become dead letters; 0 =
 *     never
 */
public record DispatchRules(
    long visibilityMillis,
    int maxAttempts,
    List<Long> ladderMillis,
    long orphanGraceMillis,
    long offlineMillis) {}
