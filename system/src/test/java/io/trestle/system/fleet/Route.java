package io.trestle.system.fleet;

import io.trestle.sdk.Transport;

/** Who calls what, and how. */
record Route(Node caller, int target, String method, Transport transport) {
  boolean streams() {
    return method.startsWith("s");
  }

  @Override
  public String toString() {
    return caller + " -> " + target + "/" + method + " " + transport;
  }
}
