package io.trestle.kernel.gateway;

/** Who may call a method, checked after authentication and before decoding. */
public enum Access {
  /** Also callers without any identity ({@code Bootstrap/Provision}). */
  ANYBODY,
  /** Authenticated services. */
  SERVICE,
  /** Nobody from the network: {@code PERMISSION_DENIED} for every authenticated caller. */
  NOBODY
}
