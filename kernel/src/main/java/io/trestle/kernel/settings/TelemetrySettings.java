package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** Operations, logs, metrics and payloads. */
public final class TelemetrySettings {
  /** Whether SDKs send telemetry at all. */
  public static final SettingKey<Boolean> ENABLED =
      SettingKey.bool("telemetry.enable", true).about("Whether SDKs send telemetry at all.");

  /** Bytes of a payload that are captured. */
  public static final SettingKey<Integer> PAYLOAD_MAX_BYTES =
      SettingKey.bytes("telemetry.payload_max_bytes", 65536, 1, 131072)
          .about("Bytes of a payload that are captured.");

  /** How long operations are kept; 0 = for ever. */
  public static final SettingKey<Duration> OPS_RETENTION =
      SettingKey.millis("telemetry.ops_retention_ms", 604800000L, 0L, 315360000000L)
          .about("How long operations are kept; 0 = for ever.")
          .withoutEffect();

  /** How long logs are kept; 0 = for ever. */
  public static final SettingKey<Duration> LOGS_RETENTION =
      SettingKey.millis("telemetry.logs_retention_ms", 604800000L, 0L, 315360000000L)
          .about("How long logs are kept; 0 = for ever.");

  /** How long metrics are kept; 0 = for ever. */
  public static final SettingKey<Duration> METRICS_RETENTION =
      SettingKey.millis("telemetry.metrics_retention_ms", 86400000L, 0L, 315360000000L)
          .about("How long metrics are kept; 0 = for ever.")
          .withoutEffect();

  /** How long captured payloads are kept; 0 = for ever. */
  public static final SettingKey<Integer> PAYLOAD_RETENTION =
      SettingKey.days("telemetry.payload_retention_days", 3, 0, 3650)
          .about("How long captured payloads are kept; 0 = for ever.")
          .withoutEffect();

  /** Names of fields that are masked besides the built-in ones. */
  public static final SettingKey<List<String>> MASK_KEYS =
      SettingKey.list("telemetry.mask_keys", "", 0)
          .about("Names of fields that are masked besides the built-in ones.")
          .withoutEffect();

  /** Whether payloads that cannot be decoded, and so not masked, are stored. */
  public static final SettingKey<Boolean> PAYLOAD_STORE_OPAQUE =
      SettingKey.bool("telemetry.payload_store_opaque", false)
          .about("Whether payloads that cannot be decoded, and so not masked, are stored.")
          .withoutEffect();

  /** After how long the running operations of a lost instance count as abandoned. */
  public static final SettingKey<Duration> ABANDONED_GRACE =
      SettingKey.millis("telemetry.abandoned_grace_ms", 90000L, 0L, 3600000L)
          .about("After how long the running operations of a lost instance count as abandoned.");

  /** Whether services may read telemetry. */
  public static final SettingKey<Boolean> READ_FOR_SERVICES =
      SettingKey.bool("telemetry.read_for_services", false)
          .about("Whether services may read telemetry.")
          .withoutEffect();

  /** Metric series that a service may have. */
  public static final SettingKey<Integer> SERIES_CAP_PER_SERVICE =
      SettingKey.integer("telemetry.metrics_series_cap_per_service", 5000, 1, 1000000)
          .about("Metric series that a service may have.")
          .withoutEffect();

  static final List<SettingKey<?>> ALL =
      List.of(
          ENABLED,
          PAYLOAD_MAX_BYTES,
          OPS_RETENTION,
          LOGS_RETENTION,
          METRICS_RETENTION,
          PAYLOAD_RETENTION,
          MASK_KEYS,
          PAYLOAD_STORE_OPAQUE,
          ABANDONED_GRACE,
          READ_FOR_SERVICES,
          SERIES_CAP_PER_SERVICE);

  private TelemetrySettings() {}
}
