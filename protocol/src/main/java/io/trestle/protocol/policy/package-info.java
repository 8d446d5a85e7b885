/**
 * The access policy of services as pure decisions: who may call, run and publish what, and in which
 * words it is refused. Must not touch Vert.x, generated classes, storage, threads or clocks.
 */
@NullMarked
package io.trestle.protocol.policy;

import org.jspecify.annotations.NullMarked;
