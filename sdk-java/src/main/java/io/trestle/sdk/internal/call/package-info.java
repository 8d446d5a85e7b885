/**
 * The caller's side of RPC: which instance, which way, whether once more, and the calls themselves.
 * It reads what the registry shows and never changes it.
 */
@NullMarked
package io.trestle.sdk.internal.call;

import org.jspecify.annotations.NullMarked;
