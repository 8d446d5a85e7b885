package io.trestle.sdk.internal.events;

import io.trestle.sdk.outbox.PreparedEvent;
import io.trestle.sdk.outbox.PublishVerdict;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sends events that are prepared, without repeats. Any thread. */
public interface EventPost {
  /** Whether there is a session. */
  boolean connected();

  /** Sends events in one request, and gives the verdicts in their order. Throws nothing. */
  CompletableFuture<List<PublishVerdict>> send(List<PreparedEvent> events);
}
