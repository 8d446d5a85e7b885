package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** Listeners, shutdown, and what belongs to the process as a whole. */
public final class NetworkSettings {
  /**
   * Address of the gRPC listener; the default also binds the IPv6 wildcard where the host has it.
   */
  public static final SettingKey<String> GRPC_HOST =
      SettingKey.string("network.grpc_host", "0.0.0.0")
          .needsRestart()
          .about(
              "Address of the gRPC listener; the default also binds the IPv6 wildcard where the host has it.");

  /** Port of the gRPC listener; 0 = a free one. */
  public static final SettingKey<Integer> GRPC_PORT =
      SettingKey.integer("network.grpc_port", 14445, 0, 65535)
          .needsRestart()
          .about("Port of the gRPC listener; 0 = a free one.");

  /** Addresses of the HTTP listener. */
  public static final SettingKey<List<String>> UI_HOST =
      SettingKey.list("network.ui_host", "127.0.0.1,::1", 1)
          .needsRestart()
          .about("Addresses of the HTTP listener.");

  /** Port of the HTTP listener: console, admin API, health; 0 = a free one. */
  public static final SettingKey<Integer> UI_PORT =
      SettingKey.integer("network.ui_port", 14444, 0, 65535)
          .needsRestart()
          .about("Port of the HTTP listener: console, admin API, health; 0 = a free one.");

  /** Port of the Prometheus endpoint; 0 = a free one. */
  public static final SettingKey<Integer> OBSEXPORT_PORT =
      SettingKey.integer("network.obsexport_port", 14446, 0, 65535)
          .needsRestart()
          .about("Port of the Prometheus endpoint; 0 = a free one.");

  /**
   * How long running calls may go on at shutdown; above 3000 the process may need more than 5 s.
   */
  public static final SettingKey<Duration> SHUTDOWN_TIMEOUT =
      SettingKey.millis("grpc.shutdown_timeout_ms", 3000L, 0L, 600000L)
          .needsRestart()
          .about(
              "How long running calls may go on at shutdown; above 3000 the process may need more than 5 s.");

  /** Address of the diagnostics endpoint; empty = off. */
  public static final SettingKey<String> DIAGNOSTICS_ADDRESS =
      SettingKey.string("debug.pprof_addr", "")
          .needsRestart()
          .about("Address of the diagnostics endpoint; empty = off.")
          .withoutEffect();

  /** Whether the query endpoints of the older generation are served. */
  public static final SettingKey<Boolean> LEGACY_QUERY_ENABLED =
      SettingKey.bool("compat.legacy_query.enable", false)
          .about("Whether the query endpoints of the older generation are served.")
          .withoutEffect();

  /** Whether further processes on the database wait as standbys. */
  public static final SettingKey<Boolean> HA_ENABLED =
      SettingKey.bool("ha.enable", false)
          .needsRestart()
          .about("Whether further processes on the database wait as standbys.")
          .withoutEffect();

  static final List<SettingKey<?>> ALL =
      List.of(
          GRPC_HOST,
          GRPC_PORT,
          UI_HOST,
          UI_PORT,
          OBSEXPORT_PORT,
          SHUTDOWN_TIMEOUT,
          DIAGNOSTICS_ADDRESS,
          LEGACY_QUERY_ENABLED,
          HA_ENABLED);

  private NetworkSettings() {}
}
