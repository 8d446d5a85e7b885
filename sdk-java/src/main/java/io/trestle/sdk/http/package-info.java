/**
 * Calls that leave Trestle: where HTTP services are, and clients of them with a time limit, a bound
 * and a circuit breaker. Optional: an application that uses it adds Resilience4j to its class path.
 * Must not touch the inside of the SDK.
 */
@NullMarked
package io.trestle.sdk.http;

import org.jspecify.annotations.NullMarked;
