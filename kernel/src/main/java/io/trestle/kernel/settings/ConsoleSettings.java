package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** The console, its sessions, and alerts. */
public final class ConsoleSettings {
  /** Life of a console session. */
  public static final SettingKey<Duration> SESSION_TTL =
      SettingKey.millis("ui.session_ttl_ms", 86400000L, 60000L, 31536000000L)
          .needsRestart()
          .about("Life of a console session.")
          .withoutEffect();

  /**
   * Origin under which browsers reach the console, such as https://trestle.example; empty = this
   * machine only.
   */
  public static final SettingKey<String> PUBLIC_ORIGIN =
      SettingKey.url("ui.public_origin", "")
          .about(
              "Origin under which browsers reach the console, such as https://trestle.example; empty = this machine only.");

  /**
   * Whether the session cookie is sent over TLS only; auto = when the console is served over https.
   */
  public static final SettingKey<CookieSecure> COOKIE_SECURE =
      SettingKey.choice("ui.cookie_secure", CookieSecure.AUTO)
          .about(
              "Whether the session cookie is sent over TLS only; auto = when the console is served over https.")
          .withoutEffect();

  /** Logins that one address or account may try in a minute. */
  public static final SettingKey<Integer> LOGIN_RATE =
      SettingKey.integer("ui.login_rate_per_min", 10, 1, 10000)
          .about("Logins that one address or account may try in a minute.")
          .withoutEffect();

  /** How often alert rules are evaluated. */
  public static final SettingKey<Duration> ALERT_TICK =
      SettingKey.millis("alerts.eval_tick_ms", 15000L, 10000L, 30000L)
          .about("How often alert rules are evaluated.")
          .withoutEffect();

  /** How long the history of alerts is kept; 0 = for ever. */
  public static final SettingKey<Duration> ALERT_RETENTION =
      SettingKey.millis("alerts.retention_ms", 2592000000L, 0L, 315360000000L)
          .about("How long the history of alerts is kept; 0 = for ever.")
          .withoutEffect();

  static final List<SettingKey<?>> ALL =
      List.of(SESSION_TTL, PUBLIC_ORIGIN, COOKIE_SECURE, LOGIN_RATE, ALERT_TICK, ALERT_RETENTION);

  private ConsoleSettings() {}

  /** Whether the session cookie is sent over TLS only. */
  public enum CookieSecure {
    AUTO,
    TRUE,
    FALSE
  }
}
