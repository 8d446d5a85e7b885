package io.trestle.sdk.internal.outbox;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.outbox.EventCourier;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.Outbox;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.PreparedEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * An outbox but for the way in: a relay over a store, and what people ask of it. How an event gets
 * into the store is said by those who have one inside.
 */
public final class RelayedOutbox implements Outbox {
  private final EventCourier courier;
  private final OutboxStore store;
  private final Relay relay;
  private volatile boolean closed;

  /**
   * Not started.
   *
   * @param name of the outbox, for logs and the thread
   * @param polling whether rows may appear in the store without a word
   */
  public RelayedOutbox(String name, EventCourier courier, OutboxStore store, boolean polling) {
    this.courier = courier;
    this.store = store;
    this.relay = new Relay(name, courier, store, polling);
  }

  /** Begins to send; closes the store if the courier is none. */
  public void start() {
    try {
      relay.start();
    } catch (RuntimeException | Error e) {
      store.close();
      throw e;
    }
  }

  /**
   * What is to be stored.
   *
   * @throws StateException if the outbox is closed
   */
  public <T> PreparedEvent prepare(EventType<T> type, T payload, PublishOptions options) {
    if (closed) {
      throw new StateException("the outbox is closed");
    }
    return courier.prepare(type, payload, options);
  }

  /** There will be rows soon, without another word. */
  public void expect() {
    relay.expect();
  }

  @Override
  public void wake() {
    relay.wake();
  }

  @Override
  public OutboxStats stats() {
    return answer(store::stats);
  }

  @Override
  public List<FailedEvent> listFailed(int limit, String afterId) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ValidationException("limit: " + limit + " (expected: 1 to " + MAX_PAGE + ")");
    }
    return answer(() -> store.listFailed(limit, afterId));
  }

  @Override
  public boolean retryFailed(String id) {
    boolean there = answer(() -> store.retryFailed(id));
    relay.wake();
    return there;
  }

  @Override
  public boolean discardFailed(String id) {
    return answer(() -> store.discardFailed(id));
  }

  @Override
  public void close(Duration drain) {
    closed = true;
    relay.close(drain);
    store.close();
  }

  /** Something that is asked of a database. */
  @FunctionalInterface
  private interface Question<R> {
    R ask() throws SQLException;
  }

  private static <R> R answer(Question<R> question) {
    try {
      return question.ask();
    } catch (SQLException e) {
      throw new ServiceBridgeException(ErrorCode.INTERNAL, "outbox: " + e.getMessage(), e);
    }
  }

  /** Something that is done to a database. */
  @FunctionalInterface
  public interface Order {
    /** Does it. */
    void obey() throws SQLException;
  }

  /**
   * Does it.
   *
   * @throws ServiceBridgeException {@code INTERNAL} if the database fails
   */
  public static void tell(Order order) {
    boolean unused =
        answer(
            () -> {
              order.obey();
              return true;
            });
  }
}
