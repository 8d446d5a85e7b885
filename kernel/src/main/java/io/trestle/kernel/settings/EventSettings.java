package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** The event log and its deliveries. */
public final class EventSettings {
  /** Which event payloads are captured. */
  public static final SettingKey<RpcSettings.Capture> CAPTURE =
      SettingKey.choice("events.payload_capture", RpcSettings.Capture.ERRORS)
          .about("Which event payloads are captured.");

  /** How long a delivery may stay unacknowledged before it is given out again. */
  public static final SettingKey<Duration> VISIBILITY_TIMEOUT =
      SettingKey.millis("events.visibility_timeout_ms", 30000L, 100L, 86400000L)
          .about("How long a delivery may stay unacknowledged before it is given out again.");

  /** Attempts before a delivery becomes a dead letter. */
  public static final SettingKey<Integer> MAX_ATTEMPTS =
      SettingKey.integer("events.max_attempts", 5, 1, 100)
          .about("Attempts before a delivery becomes a dead letter.");

  /** Waiting times before the second and later attempts; the last one repeats. */
  public static final SettingKey<List<Duration>> BACKOFF_LADDER =
      SettingKey.millisList(
              "events.backoff_ladder_ms", "1000,5000,30000,120000,600000", 0L, 86400000L, 1, 20)
          .about("Waiting times before the second and later attempts; the last one repeats.");

  /** How long dead letters are kept; 0 = for ever. */
  public static final SettingKey<Duration> DLQ_RETENTION =
      SettingKey.millis("events.dlq_retention_ms", 2592000000L, 0L, 315360000000L)
          .about("How long dead letters are kept; 0 = for ever.");

  /**
   * After how long without any instance the deliveries of a service become dead letters; 0 = never.
   */
  public static final SettingKey<Duration> OFFLINE_DLQ_AFTER =
      SettingKey.millis("events.offline_dlq_after_ms", 604800000L, 0L, 315360000000L)
          .about(
              "After how long without any instance the deliveries of a service become dead letters; 0 = never.");

  /** Pending deliveries that a subscriber may have; 0 = unlimited. */
  public static final SettingKey<Integer> MAX_PENDING_PER_SUBSCRIBER =
      SettingKey.integer("events.max_pending_per_subscriber", 100000, 0, 100000000)
          .about("Pending deliveries that a subscriber may have; 0 = unlimited.");

  /** Largest event. */
  public static final SettingKey<Integer> MAX_EVENT_BYTES =
      SettingKey.bytes("events.max_event_bytes", 1048576, 1024, 3145728).about("Largest event.");

  /** How long the deliveries of a lost instance wait for its return. */
  public static final SettingKey<Duration> ORPHAN_GRACE =
      SettingKey.millis("events.orphan_grace_ms", 30000L, 0L, 3600000L)
          .about("How long the deliveries of a lost instance wait for its return.");

  /** How long events are kept after their last delivery ended. */
  public static final SettingKey<Duration> LOG_RETENTION =
      SettingKey.millis("events.log_retention_ms", 604800000L, 86400000L, 315360000000L)
          .about("How long events are kept after their last delivery ended.");

  static final List<SettingKey<?>> ALL =
      List.of(
          CAPTURE,
          VISIBILITY_TIMEOUT,
          MAX_ATTEMPTS,
          BACKOFF_LADDER,
          DLQ_RETENTION,
          OFFLINE_DLQ_AFTER,
          MAX_PENDING_PER_SUBSCRIBER,
          MAX_EVENT_BYTES,
          ORPHAN_GRACE,
          LOG_RETENTION);

  private EventSettings() {}
}
