package io.trestle.sdk;

import java.time.Duration;

/**
 * What happens to the session (wire.md 9). Listeners run one after another on an event loop and
 * must not block (one that takes longer than 100 ms is logged with its stack); one that throws is
 * logged and disturbs nobody. After {@code stop} there are none.
 */
public sealed interface BridgeEvent {

  /** The runtime welcomed this instance. */
  record Connected(String sessionId, String serviceId, String serviceName, String runtimeVersion)
      implements BridgeEvent {}

  /**
   * The session is gone or did not come about; another attempt follows.
   *
   * @param attempt from 1, starts anew with each welcome
   * @param delay the pause before it
   */
  record Reconnecting(int attempt, Duration delay, String reason) implements BridgeEvent {}

  /** The runtime is about to stop. */
  record Draining(String reason) implements BridgeEvent {}

  /**
   * The end: no further attempt follows. A stop that was asked for is not told.
   *
   * @param error why
   */
  record Disconnected(String reason, ServiceBridgeException error) implements BridgeEvent {}

  /**
   * A declaration or a call the policy does not allow.
   *
   * @param declaration such as {@code rpc.call}
   * @param value what was declared or called
   * @param denySide {@code capability}, {@code self_egress}, {@code self_acceptance} or {@code
   *     peer_acceptance}
   */
  record PolicyViolation(String declaration, String value, String denySide, String reason)
      implements BridgeEvent {}
}
