package io.trestle.conversations;

/**
 * One kind of news.
 *
 * @param address where it is told, unique in the house
 * @param event type of the news
 */
public record Topic<E extends Record>(String address, Class<E> event) {}
