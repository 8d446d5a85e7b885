package io.trestle.sdk;

import java.sql.Connection;

/** Handles events within a database transaction that somebody else begins and ends. May block. */
@FunctionalInterface
public interface TransactionalHandler<T> {

  /**
   * Handles an event; otherwise as {@link EventHandler#handle}.
   *
   * @param transaction what is written here is committed after a normal return and rolled back
   *     after a failure; neither to be committed nor to be closed here
   */
  void handle(T event, EventContext context, Connection transaction) throws Exception;
}
