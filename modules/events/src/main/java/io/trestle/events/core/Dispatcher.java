package io.trestle.events.core;

/** The dispatcher of one consumer. */
public final class Dispatcher<E> {}
