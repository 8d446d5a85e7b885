/**
 * Proxied calls: which instance is asked, how the call is forwarded, and what may be tried again.
 * It keeps no payload but the replies under idempotency keys, and issues no identity.
 */
@NullMarked
package io.trestle.rpc;

import org.jspecify.annotations.NullMarked;
