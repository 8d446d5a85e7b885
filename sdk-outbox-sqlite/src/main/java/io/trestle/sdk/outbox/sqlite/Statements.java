package io.trestle.sdk.outbox.sqlite;

import io.trestle.sdk.internal.outbox.core.LaneCursor;
import io.trestle.sdk.internal.outbox.sql.SqlStore;

/** The statements of an outbox for SQLite, on the table of the official SDKs. */
final class Statements {
  static final String[] SCHEMA = {
    """
    CREATE TABLE IF NOT EXISTS event_outbox (
      id                 TEXT    PRIMARY KEY,
      name               TEXT    NOT NULL,
      payload            BLOB    NOT NULL,
      payload_json       BLOB    NOT NULL DEFAULT x'',
      contract_hash      TEXT    NOT NULL DEFAULT '',
      partition_key      TEXT    NOT NULL DEFAULT '',
      idempotency_key    TEXT    NOT NULL DEFAULT '',
      fire_and_forget    INTEGER NOT NULL DEFAULT 0,
      headers            TEXT    NOT NULL DEFAULT '{}',
      occurred_at_ms     INTEGER NOT NULL,
      enqueued_at_ms     INTEGER NOT NULL,
      status             TEXT    NOT NULL CHECK (status IN ('pending', 'inflight', 'failed')),
      attempts           INTEGER NOT NULL DEFAULT 0,
      last_error         TEXT    NOT NULL DEFAULT '',
      next_attempt_at_ms INTEGER NOT NULL DEFAULT 0,
      x_sb_trace         TEXT    NOT NULL DEFAULT ''
    )""",
    """
    CREATE INDEX IF NOT EXISTS event_outbox_drain
    ON event_outbox (enqueued_at_ms, id, next_attempt_at_ms) WHERE status = 'pending'""",
    """
    CREATE INDEX IF NOT EXISTS event_outbox_lanes
    ON event_outbox (partition_key, enqueued_at_ms, id) WHERE status = 'pending'""",
    "PRAGMA user_version = 1",
  };

  static final String REVIVE =
      "UPDATE event_outbox SET status = 'pending' WHERE status = 'inflight'";

  static final String LATEST =
      "SELECT coalesce(max(enqueued_at_ms), 0), count(*) FROM event_outbox";

  static final String INSERT =
      """
      INSERT INTO event_outbox (id, name, payload, payload_json, contract_hash, partition_key,
        idempotency_key, headers, occurred_at_ms, x_sb_trace, enqueued_at_ms, status)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')""";

  /**
   * Index event_outbox_lanes: one probe for each lane, one for its first row. What is to wait for
   * longer than any pause was put off before the clock was set back, and is due.
   */
  static final String PEEK =
      """
      WITH RECURSIVE
      lanes (lane) AS (
        SELECT min(partition_key) FROM event_outbox
        WHERE status = 'pending' AND partition_key > ?1
        UNION ALL
        SELECT (SELECT min(partition_key) FROM event_outbox
                WHERE status = 'pending' AND partition_key > lane)
        FROM lanes WHERE lane IS NOT NULL
        LIMIT %d),
      heads (r) AS (
        SELECT (SELECT rowid FROM event_outbox
                WHERE status = 'pending' AND partition_key = lane
                ORDER BY enqueued_at_ms, id LIMIT 1)
        FROM lanes WHERE lane IS NOT NULL),
      free (r) AS (
        SELECT rowid FROM event_outbox
        WHERE status = 'pending' AND partition_key = ''
          AND next_attempt_at_ms NOT BETWEEN ?2 + 1 AND ?3
        ORDER BY enqueued_at_ms, id LIMIT 200)
      SELECT rowid, partition_key,
        length(payload) + length(payload_json) + length(headers) + 256,
        next_attempt_at_ms NOT BETWEEN ?2 + 1 AND ?3, (SELECT max(lane) FROM lanes)
      FROM event_outbox
      WHERE rowid IN (SELECT r FROM heads UNION ALL SELECT r FROM free)
      ORDER BY enqueued_at_ms, id"""
          .formatted(LaneCursor.WINDOW);

  static final String MARK = "UPDATE event_outbox SET status = 'inflight' WHERE rowid = ?";

  static final String FETCH =
      """
      SELECT rowid, id, name, payload, payload_json, contract_hash, partition_key,
        idempotency_key, headers, occurred_at_ms, x_sb_trace, attempts
      FROM event_outbox WHERE rowid = ?""";

  static final String NEXT_DUE =
      "SELECT min(next_attempt_at_ms) FROM event_outbox WHERE status = 'pending'";

  /** The number of a row that is gone may be given to a new one, which is pending then. */
  static final String DELETE = "DELETE FROM event_outbox WHERE rowid = ? AND status = 'inflight'";

  private static final String SETTLE =
      """
      UPDATE event_outbox SET status = ?, attempts = ?, last_error = ?, next_attempt_at_ms = ?
      WHERE rowid = ? AND status = 'inflight'""";

  static final String REARM =
      """
      UPDATE event_outbox SET next_attempt_at_ms = 0
      WHERE status = 'pending' AND next_attempt_at_ms > 0""";

  private static final String STATS =
      """
      SELECT count(*) FILTER (WHERE status <> 'failed'), count(*) FILTER (WHERE status = 'failed'),
        min(enqueued_at_ms) FILTER (WHERE status <> 'failed')
      FROM event_outbox""";

  private static final String LIST_FAILED =
      """
      SELECT id, name, partition_key, attempts, last_error, enqueued_at_ms FROM event_outbox
      WHERE status = 'failed' AND id > ? ORDER BY id LIMIT ?""";

  private static final String RETRY_FAILED =
      """
      UPDATE event_outbox SET status = 'pending', attempts = 0, next_attempt_at_ms = 0
      WHERE id = ? AND status = 'failed'""";

  private static final String DISCARD_FAILED =
      "DELETE FROM event_outbox WHERE id = ? AND status = 'failed'";

  static final SqlStore.Texts TEXTS =
      new SqlStore.Texts(SETTLE, STATS, LIST_FAILED, RETRY_FAILED, DISCARD_FAILED);

  private Statements() {}
}
