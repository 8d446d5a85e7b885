/** Orders as they are written in files and requests. No network, no SDK. */
@NullMarked
package io.trestle.examples.orderflow.orders;

import org.jspecify.annotations.NullMarked;
