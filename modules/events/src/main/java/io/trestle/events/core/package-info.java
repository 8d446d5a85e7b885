/**
 * The decisions of durable events: verdicts on what is published, fan-out, and the dispatcher of
 * one consumer. Pure: no I/O, no Vert.x, no clock of its own.
 */
@NullMarked
package io.trestle.events.core;

import org.jspecify.annotations.NullMarked;
