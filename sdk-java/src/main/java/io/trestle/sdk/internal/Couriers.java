package io.trestle.sdk.internal;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.outbox.EventCourier;

/** The way from a bridge to its courier. */
public final class Couriers {
  private Couriers() {}

  /**
   * The courier of a bridge.
   *
   * @throws ConfigurationException if it was not made by this SDK
   */
  public static EventCourier of(ServiceBridge bridge) {
    if (bridge instanceof Bridge known) {
      return known.courier();
    }
    throw new ConfigurationException(
        "bridge: "
            + bridge.getClass().getName()
            + " (expected: one made by ServiceBridge.builder)");
  }
}
