/**
 * The inventory: a service with one handler a method and its state in memory. It uses the SDK and
 * nothing else of Trestle.
 */
@NullMarked
package io.trestle.examples.orderflow.inventory;

import org.jspecify.annotations.NullMarked;
