/** Tests of what modules say to one another. */
@NullMarked
package io.trestle.conversations;

import org.jspecify.annotations.NullMarked;
