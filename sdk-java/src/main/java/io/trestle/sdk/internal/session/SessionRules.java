package io.trestle.sdk.internal.session;

import java.time.Duration;

/**
 * The numbers of a session.
 *
 * @param attempts consecutive failures after which it gives up; 0 for never
 * @param welcomeTimeout how long the runtime may take to welcome
 * @param leafLead what a leaf must have left to be used for a new session
 */
public record SessionRules(
    ReconnectLadder ladder,
    int attempts,
    Duration startTimeout,
    Duration stopTimeout,
    Duration welcomeTimeout,
    Duration leafLead) {

  /** How long the runtime may take to welcome: 10 s. */
  public static final Duration WELCOME_TIMEOUT = Duration.ofSeconds(10);
}
