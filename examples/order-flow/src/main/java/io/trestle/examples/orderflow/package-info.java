/**
 * What the services of the example share: their environment and their life. It depends on the SDK
 * and on nothing else of Trestle.
 */
@NullMarked
package io.trestle.examples.orderflow;

import org.jspecify.annotations.NullMarked;
