/**
 * gRPC on HTTP/2 as both the SDK and the runtime speak it towards peers: pinned connections, calls
 * over them, and the frames around messages. It knows no method by name, judges no access and must
 * not block: everything runs on the event loop of a connection.
 */
@NullMarked
package io.trestle.protocol.wire;

import org.jspecify.annotations.NullMarked;
