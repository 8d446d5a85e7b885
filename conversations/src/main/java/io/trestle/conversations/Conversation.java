package io.trestle.conversations;

/**
 * One question and its answer.
 *
 * @param address where it is answered, unique in the house
 * @param question type of the question
 * @param answer type of the answer
 */
public record Conversation<Q extends Record, A extends Record>(
    String address, Class<Q> question, Class<A> answer) {}
