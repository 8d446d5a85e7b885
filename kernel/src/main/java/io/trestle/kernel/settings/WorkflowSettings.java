package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** The workflow engine. */
public final class WorkflowSettings {
  /** Which workflow payloads are captured. */
  public static final SettingKey<RpcSettings.Capture> CAPTURE =
      SettingKey.choice("workflows.payload_capture", RpcSettings.Capture.ERRORS)
          .about("Which workflow payloads are captured.");

  /** Largest state of a run. */
  public static final SettingKey<Integer> STATE_LIMIT_BYTES =
      SettingKey.bytes("workflows.state_limit_bytes", 1048576, 1024, 3145728)
          .about("Largest state of a run.")
          .withoutEffect();

  /** Tasks that one instance works on at a time. */
  public static final SettingKey<Integer> MAX_TASKS_PER_INSTANCE =
      SettingKey.integer("workflows.max_tasks_per_instance", 256, 1, 10000)
          .about("Tasks that one instance works on at a time.")
          .withoutEffect();

  /** How long a compensation may take; 0 = no limit. */
  public static final SettingKey<Duration> COMPENSATION_TIMEOUT =
      SettingKey.millis("workflows.compensation_timeout_ms", 0L, 0L, 2592000000L)
          .about("How long a compensation may take; 0 = no limit.")
          .withoutEffect();

  /** How long a run is kept after its end. */
  public static final SettingKey<Integer> RETENTION =
      SettingKey.days("workflows.retention_days", 30, 1, 36500)
          .about("How long a run is kept after its end.")
          .withoutEffect();

  static final List<SettingKey<?>> ALL =
      List.of(CAPTURE, STATE_LIMIT_BYTES, MAX_TASKS_PER_INSTANCE, COMPENSATION_TIMEOUT, RETENTION);

  private WorkflowSettings() {}
}
