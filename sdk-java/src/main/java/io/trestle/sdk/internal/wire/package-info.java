/**
 * What this SDK says on the wire: the messages of calls, the methods of the control plane, and what
 * a status means to applications. It knows neither sessions nor policies, and decides nothing about
 * retries.
 */
@NullMarked
package io.trestle.sdk.internal.wire;

import org.jspecify.annotations.NullMarked;
