package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/** Calls: payload capture and idempotency. */
public final class RpcSettings {
  /** Which RPC payloads are captured. */
  public static final SettingKey<Capture> RPC_CAPTURE =
      SettingKey.choice("rpc.payload_capture", Capture.ERRORS)
          .about("Which RPC payloads are captured.");

  /** Which HTTP payloads are captured. */
  public static final SettingKey<Capture> HTTP_CAPTURE =
      SettingKey.choice("http.payload_capture", Capture.ERRORS)
          .about("Which HTTP payloads are captured.");

  /** How long the answer to an idempotency key is kept for calls. */
  public static final SettingKey<Duration> IDEMPOTENCY_RPC_TTL =
      SettingKey.millis("rpc.idempotency_rpc_ttl_ms", 300000L, 100L, 2592000000L)
          .about("How long the answer to an idempotency key is kept for calls.");

  /** How long the idempotency key of a published event is kept. */
  public static final SettingKey<Duration> IDEMPOTENCY_EVENT_TTL =
      SettingKey.millis("rpc.idempotency_event_ttl_ms", 86400000L, 100L, 2592000000L)
          .about("How long the idempotency key of a published event is kept.");

  /** How long the result of a workflow step is kept for its idempotency key. */
  public static final SettingKey<Duration> IDEMPOTENCY_WORKFLOW_STEP_TTL =
      SettingKey.millis("rpc.idempotency_workflow_step_ttl_ms", 86400000L, 100L, 2592000000L)
          .about("How long the result of a workflow step is kept for its idempotency key.")
          .withoutEffect();

  /** What a used idempotency key with another payload gets: a refusal, or the first answer. */
  public static final SettingKey<OnMismatch> ON_MISMATCH =
      SettingKey.choice("rpc.idempotency_on_mismatch", OnMismatch.REJECT)
          .about(
              "What a used idempotency key with another payload gets: a refusal, or the first answer.");

  static final List<SettingKey<?>> ALL =
      List.of(
          RPC_CAPTURE,
          HTTP_CAPTURE,
          IDEMPOTENCY_RPC_TTL,
          IDEMPOTENCY_EVENT_TTL,
          IDEMPOTENCY_WORKFLOW_STEP_TTL,
          ON_MISMATCH);

  private RpcSettings() {}

  /** Whose payloads are kept. */
  public enum Capture {
    NONE,
    ERRORS,
    ALL
  }

  /** What a second call with the same idempotency key and another payload gets. */
  public enum OnMismatch {
    REJECT,
    REPLAY
  }
}
