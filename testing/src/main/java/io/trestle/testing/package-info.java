/**
 * The kernel inside a JUnit test, on a real PostgreSQL, and a bridge without network: for the house
 * and for users of the SDK. It starts what the launcher starts, and decides nothing of its own.
 */
@NullMarked
package io.trestle.testing;

import org.jspecify.annotations.NullMarked;
