/**
 * Durable events: the log, who gets what, handing out, dead letters. It knows consumers, not
 * services, wherever it hands out; it issues no identity and judges no certificate.
 */
@NullMarked
package io.trestle.events;

import org.jspecify.annotations.NullMarked;
