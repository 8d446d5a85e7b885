package io.trestle.sdk.outbox.sqlite;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.QueueFullException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.outbox.RelayedOutbox;
import io.trestle.sdk.outbox.EventCourier;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.Outbox;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.PreparedEvent;
import java.time.Duration;
import java.util.List;

/**
 * An outbox in a SQLite file (events.md 3.2, 3.3): a publish returns when the event is on the disk,
 * whether the runtime is there or not, and the event is sent until the runtime has decided about
 * it. It survives the death of the process and of the machine (each publish is one {@code fsync}).
 *
 * <pre>{@code
 * EventType<byte[]> moved = bridge.events().define("stock.moved");
 * try (SqliteOutbox outbox = SqliteOutbox.open(bridge)) {
 *   bridge.start();
 *   outbox.publish(moved, json, PublishOptions.keyed("sku-1"));
 * }
 * }</pre>
 *
 * <p>Events of one partition key are sent one after another, in the order in which their publishes
 * returned. File and table are those of the 2.0 alphas of the official SDKs. One process at a time.
 */
public final class SqliteOutbox implements Outbox {
  private final SqliteStore store;
  private final RelayedOutbox outbox;

  private SqliteOutbox(EventCourier courier, SqliteStore store) {
    this.store = store;
    this.outbox = new RelayedOutbox("sqlite", courier, store, false);
  }

  /** {@link #open(ServiceBridge, SqliteOutboxOptions)} with the defaults. */
  public static SqliteOutbox open(ServiceBridge bridge) {
    return open(bridge, SqliteOutboxOptions.DEFAULT);
  }

  /**
   * Opens the file, or makes it; what was left there is sent as soon as the bridge is connected.
   * Before or after the start of the bridge.
   *
   * @throws ConfigurationException if another process has it, if the file is of another version (it
   *     is not touched then), or cannot be opened; the text says what to do
   */
  public static SqliteOutbox open(ServiceBridge bridge, SqliteOutboxOptions options) {
    return open(EventCourier.of(bridge), options);
  }

  /** {@link #open(ServiceBridge, SqliteOutboxOptions)} for events that leave in another way. */
  public static SqliteOutbox open(EventCourier courier, SqliteOutboxOptions options) {
    SqliteOutbox made = new SqliteOutbox(courier, SqliteStore.open(options));
    made.outbox.start();
    return made;
  }

  /** {@link #publish(EventType, Object, PublishOptions)} with the defaults. */
  public <T> String publish(EventType<T> type, T payload) {
    return publish(type, payload, PublishOptions.DEFAULT);
  }

  /**
   * Stores an event; it is sent from then on. Waits for the disk, not for the network.
   *
   * @param type defined on the bridge of this outbox
   * @param options fire and forget is ignored
   * @return the id of the event
   * @throws StateException if the event was not defined, or the outbox is closed
   * @throws ValidationException if the payload does not fit the schema, or the event is larger than
   *     4 MiB
   * @throws QueueFullException if there are as many rows as there may be
   * @throws ServiceBridgeException {@code INTERNAL} if the file cannot be written: the event is not
   *     stored then
   */
  public <T> String publish(EventType<T> type, T payload, PublishOptions options) {
    PreparedEvent event = outbox.prepare(type, payload, options);
    RelayedOutbox.tell(() -> store.insert(event));
    outbox.wake();
    return event.id();
  }

  @Override
  public void wake() {
    outbox.wake();
  }

  @Override
  public OutboxStats stats() {
    return outbox.stats();
  }

  @Override
  public List<FailedEvent> listFailed(int limit, String afterId) {
    return outbox.listFailed(limit, afterId);
  }

  @Override
  public boolean retryFailed(String id) {
    return outbox.retryFailed(id);
  }

  @Override
  public boolean discardFailed(String id) {
    return outbox.discardFailed(id);
  }

  @Override
  public void close(Duration drain) {
    outbox.close(drain);
  }
}
