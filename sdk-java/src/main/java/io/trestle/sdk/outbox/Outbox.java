package io.trestle.sdk.outbox;

import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;
import java.time.Duration;
import java.util.List;

/**
 * What outboxes have in common: a thread of their own that sends what is kept, in the order of
 * events.md 3.3, and a place for what the runtime refuses. Methods block on the database, so not on
 * an event loop; any other thread. They throw {@link ServiceBridgeException} with the code {@code
 * INTERNAL} if the database fails.
 *
 * <p>An event is repeated until the runtime has decided about it, however long that takes. Stored,
 * it is deleted here; refused (bad name, forbidden, conflict), it is kept as failed, and the next
 * one of its partition key follows.
 */
public interface Outbox extends AutoCloseable {
  /** The longest page of {@link #listFailed}. */
  int MAX_PAGE = 500;

  /** Looks for events to send now. Any thread, never blocks. */
  void wake();

  /** How much there is. Counts rows: for gauges read off now and then, not for each publish. */
  OutboxStats stats();

  /**
   * Events that were refused, in the order of their ids.
   *
   * @param limit 1 to 500
   * @param afterId the last id of the page before; empty for the first page
   * @throws ValidationException if the limit is none
   */
  List<FailedEvent> listFailed(int limit, String afterId);

  /**
   * Sends a failed event again, as it is, with its attempts counted anew. It has lost its place
   * among those of its partition key.
   *
   * @return whether there is one of this id
   */
  boolean retryFailed(String id);

  /**
   * Deletes a failed event for good.
   *
   * @return whether there was one of this id
   */
  boolean discardFailed(String id);

  /**
   * Sends what is due and can be sent within this time, then ends; what is left stays in the
   * database. Close it before the bridge.
   *
   * @param drain zero for not at all
   */
  void close(Duration drain);

  /** {@link #close(Duration)} within 5 s. */
  @Override
  default void close() {
    close(Duration.ofSeconds(5));
  }
}
