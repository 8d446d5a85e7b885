/**
 * The TLS and HTTP/2 settings shared by kernel and SDK, and who is at the other end of a
 * connection. It decides no access, knows no method and holds no state beyond its connections.
 */
@NullMarked
package io.trestle.protocol.transport;

import org.jspecify.annotations.NullMarked;
