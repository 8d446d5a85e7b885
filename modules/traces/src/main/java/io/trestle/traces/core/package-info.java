/**
 * The decisions about streams of traces: what a watcher gets next, and when a stream has ended.
 * Pure: no I/O, no Vert.x, no clock of its own.
 */
@NullMarked
package io.trestle.traces.core;

import org.jspecify.annotations.NullMarked;
