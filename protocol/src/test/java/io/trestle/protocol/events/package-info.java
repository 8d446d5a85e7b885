/** Tests of names, patterns and filters: the vectors of the specification and their properties. */
@NullMarked
package io.trestle.protocol.events;

import org.jspecify.annotations.NullMarked;
