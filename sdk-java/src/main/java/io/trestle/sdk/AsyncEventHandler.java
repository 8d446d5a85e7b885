package io.trestle.sdk;

import java.util.concurrent.CompletionStage;

/**
 * Handles events without blocking: it is called on an event loop and must return at once. One that
 * takes longer than 100 ms is logged with its stack.
 */
@FunctionalInterface
public interface AsyncEventHandler<T> {

  /**
   * Handles an event.
   *
   * @return what acknowledges it when it completes; a failure counts as if {@link EventHandler} had
   *     thrown it
   */
  CompletionStage<?> handle(T event, EventContext context);
}
