/** The access policy against the words of docs/spec rpc 2. Touches nothing but pure functions. */
@NullMarked
package io.trestle.protocol.policy;

import org.jspecify.annotations.NullMarked;
