package io.trestle.protocol.wire;

import io.trestle.protocol.transport.Pinger;
import io.trestle.protocol.transport.Transport;
import java.time.Duration;

/**
 * How long a connection waits for its other end.
 *
 * @param ready from the connect to the settings of the other end
 * @param pingInterval from one answer to the next ping
 * @param pingTimeout from a ping to the end of the connection
 */
record Limits(Duration ready, Duration pingInterval, Duration pingTimeout) {
  static final Limits USUAL =
      new Limits(Transport.HANDSHAKE_TIMEOUT.multipliedBy(2), Pinger.INTERVAL, Pinger.TIMEOUT);
}
