/**
 * The audit: consumes every event of orders, by a wildcard. It uses the SDK and nothing else of
 * Trestle.
 */
@NullMarked
package io.trestle.examples.orderflow.audit;

import org.jspecify.annotations.NullMarked;
