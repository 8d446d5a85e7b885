package io.trestle.kernel.gateway;

/**
 * What one call holds in memory, booked on its connection and its instance, and its request on the
 * whole listener. Thread: the event loop of the connection.
 *
 * <p>Counted is what has arrived and is not yet handled, and what was sent and not yet taken by the
 * network. A call that is alone is never over a bound: it holds at most one message of its method,
 * which must be possible.
 */
final class CallMemory {
  private final ClientConnection connection;
  private final InstanceMemory.Share share;
  private final GatewayShared shared;
  private long own;
  private long body;
  private boolean closed;

  CallMemory(ClientConnection connection, InstanceMemory.Share share, GatewayShared shared) {
    this.connection = connection;
    this.share = share;
    this.shared = shared;
  }

  void hold(long bytes) {
    if (closed) {
      return;
    }
    own += bytes;
    connection.hold(bytes);
    share.add(bytes);
    shared.metrics().held(bytes);
  }

  void release(long bytes) {
    hold(-bytes);
  }

  /** Some of the request has arrived; less than 0: was let go of. */
  void receive(long bytes) {
    if (!closed) {
      hold(bytes);
      body += bytes;
      shared.bodies().add(bytes);
    }
  }

  /** Gives everything back; nothing is booked after this. Idempotent. */
  void close() {
    if (!closed) {
      receive(-body);
      release(own);
      closed = true;
      shared.memory().release(share);
    }
  }

  /** Whether the request has to wait. */
  boolean bodyOverBound() {
    return overBound() || shared.bodies().isCrowded(body);
  }

  /** Whether the request has to end, because of others too. */
  boolean bodiesFull() {
    return shared.bodies().isFull(body);
  }

  boolean overBound() {
    GatewayOptions.Memory bounds = shared.options().memory();
    return over(connection.held(), bounds.perConnection())
        || over(share.bytes(), bounds.perInstance());
  }

  /** Whether an answer is too much: only when the instance takes none of those there are. */
  boolean answersOverBound() {
    return over(share.bytes(), shared.options().memory().perInstance());
  }

  private boolean over(long held, long bound) {
    return held > bound && held > own;
  }
}
