/**
 * The decisions of the proxy: candidate choice and what an outcome means. Pure: no I/O, no Vert.x,
 * no clock of its own.
 */
@NullMarked
package io.trestle.rpc.core;

import org.jspecify.annotations.NullMarked;
