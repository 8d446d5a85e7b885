/**
 * The storefront: takes orders over HTTP and calls the other services. It uses the SDK and nothing
 * else of Trestle.
 */
@NullMarked
package io.trestle.examples.orderflow.storefront;

import org.jspecify.annotations.NullMarked;
