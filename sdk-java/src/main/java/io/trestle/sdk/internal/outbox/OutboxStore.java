package io.trestle.sdk.internal.outbox;

import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.OutboxStats;
import java.sql.SQLException;
import java.util.List;

/** The rows of an outbox, as its owner sees them. Any thread; blocks. */
public interface OutboxStore extends OutboxTable, AutoCloseable {

  /** How much there is. */
  OutboxStats stats() throws SQLException;

  /** Refused events after an id, in the order of ids. */
  List<FailedEvent> listFailed(int limit, String afterId) throws SQLException;

  /** Makes a refused event pending again; false if there is none of this id. */
  boolean retryFailed(String id) throws SQLException;

  /** Deletes a refused event; false if there is none of this id. */
  boolean discardFailed(String id) throws SQLException;

  /** After the relay has ended. */
  @Override
  void close();
}
