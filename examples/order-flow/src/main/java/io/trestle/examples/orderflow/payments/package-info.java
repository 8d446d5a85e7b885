/**
 * The payments: a service that must do a thing once, with its state in a table of its own. It uses
 * the SDK and nothing else of Trestle.
 */
@NullMarked
package io.trestle.examples.orderflow.payments;

import org.jspecify.annotations.NullMarked;
