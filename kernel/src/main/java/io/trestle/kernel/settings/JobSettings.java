package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** The job scheduler. */
public final class JobSettings {
  /** Jobs that a service may declare. */
  public static final SettingKey<Integer> MAX_PER_SERVICE =
      SettingKey.integer("jobs.max_per_service", 100, 1, 100000)
          .about("Jobs that a service may declare.")
          .withoutEffect();

  /** Shortest interval of a job. */
  public static final SettingKey<Duration> MIN_INTERVAL =
      SettingKey.millis("jobs.min_interval_ms", 100L, 10L, 3600000L)
          .about("Shortest interval of a job.")
          .withoutEffect();

  /** Runs of one job at a time when overlap is allowed. */
  public static final SettingKey<Integer> MAX_CONCURRENT_PER_JOB =
      SettingKey.integer("jobs.max_concurrent_per_job", 1, 1, 1024)
          .about("Runs of one job at a time when overlap is allowed.")
          .withoutEffect();

  /** Runs of one job that may wait when overlap is allowed. */
  public static final SettingKey<Integer> MAX_PENDING_PER_JOB =
      SettingKey.integer("jobs.max_pending_per_job", 1000, 1, 1000000)
          .about("Runs of one job that may wait when overlap is allowed.")
          .withoutEffect();

  /** Declarations of jobs that a service may make in a minute. */
  public static final SettingKey<Integer> REGISTER_RATE =
      SettingKey.integer("jobs.register_rate_per_min", 10, 1, 100000)
          .about("Declarations of jobs that a service may make in a minute.")
          .withoutEffect();

  /** Missed runs that are made up for, of all jobs together. */
  public static final SettingKey<Integer> CATCHUP_BUDGET =
      SettingKey.integer("jobs.catchup_budget", 50000, 0, 10000000)
          .about("Missed runs that are made up for, of all jobs together.")
          .withoutEffect();

  /** Missed runs that are made up for, of one job. */
  public static final SettingKey<Integer> CATCHUP_PER_JOB =
      SettingKey.integer("jobs.catchup_per_job", 10000, 0, 10000000)
          .about("Missed runs that are made up for, of one job.")
          .withoutEffect();

  /** Jobs with a shorter period skip without holding the next run. */
  public static final SettingKey<Duration> SKIP_HOLD_MIN_PERIOD =
      SettingKey.millis("jobs.skip_hold_min_period_ms", 10000L, 0L, 86400000L)
          .about("Jobs with a shorter period skip without holding the next run.")
          .withoutEffect();

  /** Attempts of a run whose job names none. */
  public static final SettingKey<Integer> DEFAULT_MAX_ATTEMPTS =
      SettingKey.integer("jobs.default_max_attempts", 3, 1, 1000)
          .about("Attempts of a run whose job names none.")
          .withoutEffect();

  /** Lease of an attempt whose job names none. */
  public static final SettingKey<Duration> DEFAULT_LEASE_TTL =
      SettingKey.millis("jobs.default_lease_ttl_ms", 60000L, 1000L, 86400000L)
          .about("Lease of an attempt whose job names none.")
          .withoutEffect();

  /** Longest time that one attempt may be prolonged to. */
  public static final SettingKey<Duration> MAX_LEASE =
      SettingKey.millis("jobs.max_lease_ms", 86400000L, 60000L, 2592000000L)
          .about("Longest time that one attempt may be prolonged to.")
          .withoutEffect();

  /** How often a replica reports that it works. */
  public static final SettingKey<Duration> HEARTBEAT_INTERVAL =
      SettingKey.millis("jobs.heartbeat_interval_ms", 5000L, 100L, 60000L)
          .about("How often a replica reports that it works.")
          .withoutEffect();

  /** After how long without a report a run is taken away. */
  public static final SettingKey<Duration> HEARTBEAT_TIMEOUT =
      SettingKey.millis("jobs.heartbeat_timeout_ms", 15000L, 500L, 600000L)
          .about("After how long without a report a run is taken away.")
          .withoutEffect();

  static final List<SettingKey<?>> ALL =
      List.of(
          MAX_PER_SERVICE,
          MIN_INTERVAL,
          MAX_CONCURRENT_PER_JOB,
          MAX_PENDING_PER_JOB,
          REGISTER_RATE,
          CATCHUP_BUDGET,
          CATCHUP_PER_JOB,
          SKIP_HOLD_MIN_PERIOD,
          DEFAULT_MAX_ATTEMPTS,
          DEFAULT_LEASE_TTL,
          MAX_LEASE,
          HEARTBEAT_INTERVAL,
          HEARTBEAT_TIMEOUT);

  private JobSettings() {}
}
