package io.trestle.sdk;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What a handler knows of the call it serves (rpc.md 5.1). Safe on any thread. */
public interface CallContext {

  /**
   * Who calls.
   *
   * @param serviceId the service, from the certificate; for a call through the runtime, what the
   *     runtime says
   * @param instanceId the instance; empty for a call through the runtime
   */
  record Caller(String serviceId, String instanceId) {}

  /** Who calls. */
  Caller caller();

  /** The id the caller gave the request. */
  String requestId();

  /** The idempotency key of the caller; empty if there is none. */
  String idempotencyKey();

  /** When the caller stops waiting; empty if it waits without end. */
  Optional<Instant> deadline();

  /** The time left, never negative; empty if the caller waits without end. */
  Optional<Duration> remaining();

  /** The trace of the call, {@code <trace id>-<operation id>}, to be given to nested calls. */
  String trace();

  /**
   * What this handler tells the watchers of its trace while it works; always the same one. It ends
   * with the handler.
   */
  TraceStream stream();

  /** Whether nobody waits for the answer any more: the caller left, or the deadline passed. */
  boolean cancelled();

  /**
   * Runs an action when nobody waits any more, at once if that is so already. It runs on an event
   * loop and must not block. A synchronous handler is also interrupted.
   */
  void onCancel(Runnable action);
}
