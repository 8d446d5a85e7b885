/**
 * The Call server: which calls are let in, in which order they are refused, where handlers run. It
 * trusts the certificate of the peer and the policy the runtime pushed, and nothing a request says.
 */
@NullMarked
package io.trestle.sdk.internal.inbound;

import org.jspecify.annotations.NullMarked;
