/**
 * What modules say to one another on the bus: immutable records, one file per conversation. No
 * behaviour, no live objects; {@code sdk-java} does not see them.
 */
@NullMarked
package io.trestle.conversations;

import org.jspecify.annotations.NullMarked;
