/**
 * What crosses the network: keys, identities, names, status tables. Pure: no I/O, no Vert.x, no
 * clock of its own.
 */
@NullMarked
package io.trestle.protocol;

import org.jspecify.annotations.NullMarked;
