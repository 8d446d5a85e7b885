package io.trestle.protocol.wire;

import io.trestle.protocol.transport.Pinger;
import io.trestle.protocol.transport.Transport;
import java.time.Duration;

/**
 * How long a connection waits for its other end, and how much one stream may have under way.
 *
 * @param ready from the connect to the settings of the other end
 * @param pingInterval from one answer to the next ping
 * @param pingTimeout from a ping to the end of the connection
 * @param window of a stream, in bytes
 */
record Limits(Duration ready, Duration pingInterval, Duration pingTimeout, int window) {
  static final Limits USUAL =
      new Limits(Transport.HANDSHAKE_TIMEOUT.multipliedBy(2), Pinger.INTERVAL, Pinger.TIMEOUT);

  Limits(Duration ready, Duration pingInterval, Duration pingTimeout) {
    this(ready, pingInterval, pingTimeout, Transport.STREAM_WINDOW);
  }

  Limits withWindow(int bytes) {
    return new Limits(ready, pingInterval, pingTimeout, bytes);
  }
}
