package io.trestle.events.core;

import java.util.List;
import java.util.UUID;

/**
 * One delivery on its way to one instance.
 *
 * @param stream where it goes
 * @param attempt 1 for the first hand-out that counts
 * @param token unlike that of any other hand-out of this dispatcher
 * @param patterns verbatim, in the order in which the instance registered them, each once, at least
 *     one
 */
public record Handout<E>(
    long stream,
    UUID instance,
    long position,
    E event,
    int attempt,
    long token,
    List<String> patterns) {}
