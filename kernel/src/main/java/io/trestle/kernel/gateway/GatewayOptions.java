package io.trestle.kernel.gateway;

import java.time.Duration;

/**
 * Bounds of the listener. The defaults are the figures of foundation.md 4 and wire.md 4.7; tests
 * take smaller ones.
 *
 * @param loops event loops that serve the port, 1 or more
 * @param handshakes bounds of TLS handshakes
 * @param strangers bounds of connections that have shown no identity
 * @param memory bounds of what is held in memory for clients
 * @param pingInterval how often connections with an identity are pinged
 * @param pingTimeout how long an answer to a ping may take before the connection is closed
 * @param linger how long a client may take to end its half of a call that is already answered
 * @param stop how long connections may take to finish what they write when the listener closes
 */
public record GatewayOptions(
    int loops,
    Handshakes handshakes,
    Strangers strangers,
    Memory memory,
    Duration pingInterval,
    Duration pingTimeout,
    Duration linger,
    Duration stop) {

  /** Checks the bounds. */
  public GatewayOptions {
    atLeast("loops", loops, 1);
    positive("pingInterval", pingInterval);
    positive("pingTimeout", pingTimeout);
    positive("linger", linger);
    positive("stop", stop);
  }

  /**
   * Bounds of handshakes, all loops together.
   *
   * @param underWay handshakes at one time; others wait unread
   * @param waiting connections that wait for a handshake; with more the listener accepts none
   * @param limit time from accept to the end of the handshake
   */
  public record Handshakes(int underWay, int waiting, Duration limit) {
    /** Checks the bounds. */
    public Handshakes {
      atLeast("underWay", underWay, 1);
      atLeast("waiting", waiting, 1);
      positive("limit", limit);
    }
  }

  /**
   * Bounds of connections without identity.
   *
   * @param idle time without a call, or for one request to arrive in full
   * @param requests after this one the connection is told to go away
   */
  public record Strangers(Duration idle, int requests) {
    /** Checks the bounds. */
    public Strangers {
      positive("idle", idle);
      atLeast("requests", requests, 1);
    }
  }

  /**
   * Bounds of memory, in bytes. A call may always hold one message, whatever the bounds say.
   *
   * @param perConnection messages received and not yet handled, and messages sent and not yet taken
   *     by the network
   * @param perInstance the same, for all connections of one instance
   * @param requests what has arrived of requests, of all instances together
   * @param patience how long a reader over a bound is paused before its call ends
   */
  public record Memory(long perConnection, long perInstance, long requests, Duration patience) {
    /** Checks the bounds. */
    public Memory {
      atLeast("perConnection", perConnection, 1);
      atLeast("perInstance", perInstance, 1);
      atLeast("requests", requests, 1);
      positive("patience", patience);
    }
  }

  /** The figures of the specification, on this many loops, for the heap of this process. */
  public static GatewayOptions defaults(int loops) {
    long requests = Runtime.getRuntime().maxMemory() / 3;
    return new GatewayOptions(
        loops,
        new Handshakes(256, 1024, Duration.ofSeconds(10)),
        new Strangers(Duration.ofSeconds(30), 100),
        new Memory(64L << 20, Math.min(256L << 20, requests / 2), requests, Duration.ofSeconds(5)),
        Duration.ofSeconds(30),
        Duration.ofSeconds(10),
        Duration.ofSeconds(1),
        Duration.ofMillis(500));
  }

  private static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + least + " or more)");
    }
  }

  private static void positive(String name, Duration value) {
    if (value.toMillis() < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 ms or more)");
    }
  }
}
