/**
 * The session with the runtime: its state machine, the streams it consists of, provisioning and
 * renewal. {@code SessionMachine} and its table are pure; {@code Session} does what they say. Calls
 * are none of its business.
 */
@NullMarked
package io.trestle.sdk.internal.session;

import org.jspecify.annotations.NullMarked;
