package io.trestle.sdk.internal.events;

import io.trestle.sdk.DeadLetters;
import java.util.concurrent.CompletableFuture;

/** Where the dead letters of a service are: at the runtime, or in tests nowhere. Any thread. */
public interface DeadLetterBox {

  /** A page. */
  CompletableFuture<DeadLetters.Page> list(int limit, String cursor);

  /** Sends one again. */
  CompletableFuture<String> replay(String eventId);
}
