/**
 * The bridge put together from its parts, and what the parts share. Nothing in here or below is
 * meant for applications.
 */
@NullMarked
package io.trestle.sdk.internal;

import org.jspecify.annotations.NullMarked;
