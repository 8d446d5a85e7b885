/**
 * Durable events at the application's end: what waits to be published, and what was delivered and
 * is being handled. It knows neither sessions nor how payloads look, and decides nothing about
 * routing, which is the runtime's.
 */
@NullMarked
package io.trestle.sdk.internal.events;

import org.jspecify.annotations.NullMarked;
