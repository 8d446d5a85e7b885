package io.trestle.sdk;

/** The way a call takes. */
public enum Transport {
  /** Straight to the instance; through the runtime when that one cannot be reached. The default. */
  AUTO,
  /** Straight to the instance or not at all. */
  DIRECT,
  /** Through the runtime, which alone remembers idempotency keys. */
  PROXY
}
