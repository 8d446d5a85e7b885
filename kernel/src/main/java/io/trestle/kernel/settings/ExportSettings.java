package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** What leaves the house: Prometheus, Loki, OTLP. */
public final class ExportSettings {
  /** Whether the Prometheus endpoint is served. */
  public static final SettingKey<Boolean> PROMETHEUS_ENABLED =
      SettingKey.bool("obsexport.prometheus.enable", false)
          .about("Whether the Prometheus endpoint is served.");

  /** Token that a scrape must show; empty = none. */
  public static final SettingKey<String> METRICS_BEARER_TOKEN =
      SettingKey.secret("obsexport.metrics_bearer_token")
          .about("Token that a scrape must show; empty = none.");

  /** How far back exported values may lie. */
  public static final SettingKey<Duration> METRICS_WINDOW =
      SettingKey.millis("obsexport.metrics_window_ms", 60000L, 1000L, 86400000L)
          .about("How far back exported values may lie.")
          .withoutEffect();

  /** Series in one scrape. */
  public static final SettingKey<Integer> METRICS_SERIES_CAP =
      SettingKey.integer("obsexport.metrics_series_cap", 100000, 1, 10000000)
          .about("Series in one scrape.")
          .withoutEffect();

  /** Whether logs are pushed to Loki; needs the endpoint. */
  public static final SettingKey<Boolean> LOKI_ENABLED =
      SettingKey.bool("obsexport.loki.enable", false)
          .about("Whether logs are pushed to Loki; needs the endpoint.")
          .withoutEffect();

  /** Where Loki takes logs. */
  public static final SettingKey<String> LOKI_ENDPOINT =
      SettingKey.url("obsexport.loki.endpoint", "").about("Where Loki takes logs.").withoutEffect();

  /** Token for Loki; empty = none. */
  public static final SettingKey<String> LOKI_BEARER_TOKEN =
      SettingKey.secret("obsexport.loki.bearer_token")
          .about("Token for Loki; empty = none.")
          .withoutEffect();

  /** Whether the instance becomes a label. */
  public static final SettingKey<Boolean> LOKI_INSTANCE_LABEL =
      SettingKey.bool("obsexport.loki.instance_label_enabled", false)
          .about("Whether the instance becomes a label.")
          .withoutEffect();

  /** How often logs are pushed to Loki. */
  public static final SettingKey<Duration> LOKI_PUSH_INTERVAL =
      SettingKey.millis("obsexport.loki.push_interval_ms", 10000L, 100L, 3600000L)
          .about("How often logs are pushed to Loki.")
          .withoutEffect();

  /** Batches kept while Loki does not answer. */
  public static final SettingKey<Integer> LOKI_BUFFER_BATCHES =
      SettingKey.integer("obsexport.loki.buffer_max_batches", 1000, 1, 100000)
          .about("Batches kept while Loki does not answer.")
          .withoutEffect();

  /** Whether telemetry is pushed by OTLP; needs the endpoint. */
  public static final SettingKey<Boolean> OTLP_ENABLED =
      SettingKey.bool("obsexport.otlp.enable", false)
          .about("Whether telemetry is pushed by OTLP; needs the endpoint.")
          .withoutEffect();

  /** Where OTLP is taken. */
  public static final SettingKey<String> OTLP_ENDPOINT =
      SettingKey.url("obsexport.otlp.endpoint", "").about("Where OTLP is taken.").withoutEffect();

  /** Transport of OTLP. */
  public static final SettingKey<OtlpProtocol> OTLP_PROTOCOL =
      SettingKey.choice("obsexport.otlp.protocol", OtlpProtocol.GRPC)
          .about("Transport of OTLP.")
          .withoutEffect();

  /** How often telemetry is pushed by OTLP. */
  public static final SettingKey<Duration> OTLP_PUSH_INTERVAL =
      SettingKey.millis("obsexport.otlp.push_interval_ms", 10000L, 100L, 3600000L)
          .about("How often telemetry is pushed by OTLP.")
          .withoutEffect();

  /** Headers for OTLP, as k=v,k=v. */
  public static final SettingKey<String> OTLP_HEADERS =
      SettingKey.secret("obsexport.otlp.headers")
          .about("Headers for OTLP, as k=v,k=v.")
          .withoutEffect();

  /** Batches kept while the OTLP endpoint does not answer. */
  public static final SettingKey<Integer> OTLP_BUFFER_BATCHES =
      SettingKey.integer("obsexport.otlp.buffer_max_batches", 1000, 1, 100000)
          .about("Batches kept while the OTLP endpoint does not answer.")
          .withoutEffect();

  static final List<SettingKey<?>> ALL =
      List.of(
          PROMETHEUS_ENABLED,
          METRICS_BEARER_TOKEN,
          METRICS_WINDOW,
          METRICS_SERIES_CAP,
          LOKI_ENABLED,
          LOKI_ENDPOINT,
          LOKI_BEARER_TOKEN,
          LOKI_INSTANCE_LABEL,
          LOKI_PUSH_INTERVAL,
          LOKI_BUFFER_BATCHES,
          OTLP_ENABLED,
          OTLP_ENDPOINT,
          OTLP_PROTOCOL,
          OTLP_PUSH_INTERVAL,
          OTLP_HEADERS,
          OTLP_BUFFER_BATCHES);

  private ExportSettings() {}

  /** Transport of OTLP. */
  public enum OtlpProtocol {
    GRPC,
    HTTP
  }
}
