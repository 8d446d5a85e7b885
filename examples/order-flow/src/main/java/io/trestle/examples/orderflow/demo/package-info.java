/**
 * The demo: starts a kernel and the services as processes, feeds orders, kills one process, tells
 * what happened. No service depends on it.
 */
@NullMarked
package io.trestle.examples.orderflow.demo;

import org.jspecify.annotations.NullMarked;
