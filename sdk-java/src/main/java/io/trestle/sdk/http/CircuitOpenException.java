package io.trestle.sdk.http;

import io.trestle.sdk.ConnectionException;

/** The service failed too often of late; nothing was sent. */
public final class CircuitOpenException extends ConnectionException {
  private static final long serialVersionUID = 1L;

  private final String service;
  private final int failures;

  CircuitOpenException(String service, int failures) {
    super("circuit open: " + service + " after " + failures + " failures in a row", -1, null);
    this.service = service;
    this.failures = failures;
  }

  /** Name of the service. */
  public String service() {
    return service;
  }

  /** Failures in a row until now. */
  public int failures() {
    return failures;
  }
}
