/**
 * Shipping: consumes orders worth a parcel, in a transaction of its own database, each once. It
 * uses the SDK and nothing else of Trestle.
 */
@NullMarked
package io.trestle.examples.orderflow.shipping;

import org.jspecify.annotations.NullMarked;
