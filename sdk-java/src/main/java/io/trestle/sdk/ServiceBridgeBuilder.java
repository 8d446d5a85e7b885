package io.trestle.sdk;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The options of a bridge (rpc.md 8.1, wire.md 9). Every value is checked where it is given; {@link
 * #build} checks what only fits together. The environment is not read.
 */
public interface ServiceBridgeBuilder {

  /**
   * Takes calls at an address, announced as given. An IP address is bound as it is, a name means
   * all interfaces. Default: {@code 127.0.0.1} and a port of the system's choice, with a warning,
   * since other machines cannot call that.
   *
   * @param port 0 to 65535; 0 lets the system choose
   */
  ServiceBridgeBuilder advertise(String host, int port);

  /** Takes no calls. Handlers are then refused. */
  ServiceBridgeBuilder callerOnly();

  /** The defaults of every call. */
  ServiceBridgeBuilder callDefaults(CallOptions defaults);

  /**
   * How many calls are served at once, and how many more wait; beyond that they are refused.
   * Default 256 and 256.
   *
   * @param running 1 or more
   * @param queued 0 or more
   */
  ServiceBridgeBuilder inboundLimits(int running, int queued);

  /** Ends the bridge when a declaration is not covered by the policy. Default: warnings only. */
  ServiceBridgeBuilder failOnPolicyViolation();

  /** Consecutive failed attempts after which it gives up; 0, the default, means never. */
  ServiceBridgeBuilder reconnectAttempts(int attempts);

  /**
   * Pauses before the attempts, the last one for all further ones, each varied by 20 %. Default 1,
   * 5, 15, 30, 60 s.
   */
  ServiceBridgeBuilder reconnectLadder(List<Duration> delays);

  /** One pause before every attempt. */
  default ServiceBridgeBuilder reconnectInterval(Duration delay) {
    return reconnectLadder(List.of(delay));
  }

  /** How long {@code start} may take. Default 30 s. */
  ServiceBridgeBuilder startTimeout(Duration timeout);

  /** How long {@code stop} may take. Default 10 s. */
  ServiceBridgeBuilder stopTimeout(Duration timeout);

  /** Where synchronous handlers run. Default: virtual threads, or a pool as large as the limit. */
  ServiceBridgeBuilder handlerExecutor(Executor executor);

  /**
   * When the certificate is renewed. Default 30 min before its end, less a random part of 5 min,
   * not within 5 s, and 60 s after a failure.
   *
   * @param lead how long before the end; a leaf with less left is not used for a new session either
   * @param jitter bound of the random part
   * @param minimum least pause
   * @param retry pause after a failure
   */
  ServiceBridgeBuilder renewal(Duration lead, Duration jitter, Duration minimum, Duration retry);

  /**
   * How long a publish waits for its acknowledgement; also the time within which an event is sent
   * at all. Default 30 s.
   *
   * @param timeout 1 ms or more
   */
  ServiceBridgeBuilder publishTimeout(Duration timeout);

  /**
   * How many events may wait to be acknowledged. Default 10 000.
   *
   * @param count 1 to 1 000 000
   */
  ServiceBridgeBuilder maxPendingPublishes(int count);

  /** What happens to a publish beyond that. Default {@link OverflowPolicy#ERROR}. */
  ServiceBridgeBuilder publishOverflow(OverflowPolicy policy);

  /**
   * How many events this instance handles at once. Default 32.
   *
   * @param count 1 to 1024
   */
  ServiceBridgeBuilder eventsMaxInFlight(int count);

  /** What time it is. Default: the clock of the system. */
  ServiceBridgeBuilder clock(InstantSource clock);

  /**
   * Makes the bridge; nothing is connected yet.
   *
   * @throws ConfigurationException if a value or the key cannot be used
   */
  ServiceBridge build();
}
