package io.trestle.conversations;

/**
 * Something beyond the protocol that a module contributes; clients are told of it in their Welcome.
 *
 * @param name as on the wire
 */
public record RuntimeFeature(String name) {}
