/**
 * Runs scenarios for pairs of SDKs, each in a process of its own, on a real kernel. It must not use
 * an SDK itself: languages differ in their command line alone.
 */
@NullMarked
package io.trestle.conformance;

import org.jspecify.annotations.NullMarked;
