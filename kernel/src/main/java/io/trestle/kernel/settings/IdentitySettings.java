package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** Certificates and the registry. */
public final class IdentitySettings {
  /** How many certificates are issued at a time; 0 = twice the number of cores. */
  public static final SettingKey<Integer> PROVISION_CONCURRENCY =
      SettingKey.integer("pki.provision_concurrency", 0, 0, 1024)
          .about("How many certificates are issued at a time; 0 = twice the number of cores.");

  /** Life of an instance certificate; below 2400000 for tests only. */
  public static final SettingKey<Duration> LEAF_TTL =
      SettingKey.millis("pki.leaf_ttl_ms", 3600000L, 1000L, 86400000L)
          .about("Life of an instance certificate; below 2400000 for tests only.");

  /** Days after which declarations of instances that never came back are removed. */
  public static final SettingKey<Integer> GC_RETENTION =
      SettingKey.days("registry.gc_retention_days", 30, 1, 36500)
          .about("Days after which declarations of instances that never came back are removed.");

  static final List<SettingKey<?>> ALL = List.of(PROVISION_CONCURRENCY, LEAF_TTL, GC_RETENTION);

  private IdentitySettings() {}
}
