/**
 * The identity of this instance: keys, leaves, when to renew them. Keys stay in memory; nothing
 * here connects to anything.
 */
@NullMarked
package io.trestle.sdk.internal.pki;

import org.jspecify.annotations.NullMarked;
