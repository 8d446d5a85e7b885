package io.trestle.events.core;

/**
 * A pattern with a filter, of one consumer. The number stands for the triple for ever: the log
 * keeps it.
 *
 * @param number unique in the house
 * @param pattern verbatim
 * @param filter verbatim; empty passes all
 */
public record Subscription(int number, String pattern, String filter) {}
