package io.trestle.sdk.internal.events;

import io.trestle.sdk.EventSchema;
import io.trestle.sdk.PublishOptions;
import java.util.concurrent.CompletableFuture;

/** Where published events go: to the runtime, or in tests to the memory. Any thread. */
@FunctionalInterface
public interface Outlet {

  /**
   * Publishes under a name that was defined.
   *
   * @return the id; fails with what the application is to see, and throws nothing
   */
  <T> CompletableFuture<String> publish(
      String name, EventSchema<T> schema, T payload, PublishOptions options);
}
