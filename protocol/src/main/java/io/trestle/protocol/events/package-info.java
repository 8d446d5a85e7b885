/**
 * Event names, subscription patterns and filters: the decisions who gets which event, as pure
 * functions over text and JSON. Must not touch Vert.x, generated classes, threads or clocks.
 */
@NullMarked
package io.trestle.protocol.events;

import org.jspecify.annotations.NullMarked;
