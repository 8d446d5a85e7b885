package io.trestle.sdk;

/**
 * Handles events, synchronously. It runs on a virtual thread where the JDK has them, else on a
 * thread of a bounded pool, or on the executor given to the builder; it may block.
 *
 * <p>An event may come more than once (events.md 12.1): whoever cannot bear it remembers {@link
 * EventContext#eventId}.
 */
@FunctionalInterface
public interface EventHandler<T> {

  /**
   * Handles an event. A normal return acknowledges it.
   *
   * @throws EventRefusal to say when it shall come again, or that it shall not
   * @throws Exception anything else brings it again after a pause of the runtime
   */
  void handle(T event, EventContext context) throws Exception;
}
