package io.trestle.sdk.outbox.jdbc;

import io.trestle.sdk.internal.outbox.core.LaneCursor;
import io.trestle.sdk.internal.outbox.sql.SqlStore;
import io.trestle.sdk.outbox.EventCourier;

/** The statements of an outbox for PostgreSQL, on a table of the given name. */
final class Statements {
  private static final String LOCK_LANE = "SELECT pg_advisory_xact_lock(?)";

  private static final String INSERT =
      """
      INSERT INTO trestle_outbox (event_id, name, payload, payload_json, contract_hash,
        partition_key, idempotency_key, headers, occurred_at_ms, trace)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

  /** Index trestle_outbox_due: one probe. */
  private static final String DUE_IN =
      """
      SELECT ceil(extract(epoch FROM min(next_attempt_at) - clock_timestamp()) * 1000)
      FROM trestle_outbox WHERE status = 'pending'""";

  /**
   * Index trestle_outbox_lanes: one probe for each lane, one for its first row. It sees rows that
   * others have locked: that is what keeps a relay from taking the second row of a lane whose first
   * one another relay is sending.
   */
  private static final String PEEK =
      """
      WITH RECURSIVE lanes (lane) AS (
        (SELECT partition_key FROM trestle_outbox
         WHERE status = 'pending' AND partition_key > ? ORDER BY partition_key LIMIT 1)
        UNION ALL
        SELECT (SELECT n.partition_key FROM trestle_outbox n
                WHERE n.status = 'pending' AND n.partition_key > lanes.lane
                ORDER BY n.partition_key LIMIT 1)
        FROM lanes WHERE lanes.lane IS NOT NULL),
      walked (lane) AS (SELECT lane FROM lanes WHERE lane IS NOT NULL LIMIT %d),
      heads AS (
        SELECT h.* FROM walked CROSS JOIN LATERAL (
          SELECT id, partition_key, payload, payload_json, headers, next_attempt_at
          FROM trestle_outbox t WHERE t.status = 'pending' AND t.partition_key = walked.lane
          ORDER BY t.id LIMIT 1) h)
      SELECT id, partition_key,
        octet_length(payload) + octet_length(payload_json) + octet_length(headers) + 256,
        next_attempt_at <= clock_timestamp(), (SELECT max(lane) FROM walked)
      FROM heads ORDER BY id"""
          .formatted(LaneCursor.WINDOW);

  /**
   * Index trestle_outbox_lanes: a range. These rows have no order, so each relay takes the first
   * that no other has, and any number of relays find work.
   */
  private static final String FREE =
      """
      SELECT id, octet_length(payload) + octet_length(payload_json) + octet_length(headers) + 256
      FROM trestle_outbox
      WHERE status = 'pending' AND partition_key = '' AND next_attempt_at <= clock_timestamp()
      ORDER BY partition_key, id LIMIT %d FOR UPDATE SKIP LOCKED"""
          .formatted(EventCourier.MAX_EVENTS);

  /** Primary key. */
  private static final String LOCK =
      """
      SELECT id, event_id, name, payload, payload_json, contract_hash, partition_key,
        idempotency_key, headers, occurred_at_ms, trace, attempts
      FROM trestle_outbox
      WHERE id = ANY (?) AND status = 'pending' AND next_attempt_at <= clock_timestamp()
      ORDER BY id FOR UPDATE SKIP LOCKED""";

  /**
   * Primary key. The commit does not wait for the disk: whatever a crash of the database brings
   * back is sent again, as after a crash before the commit, and the runtime knows it by its id.
   */
  private static final String DELETE =
      """
      SET LOCAL synchronous_commit = off;
      DELETE FROM trestle_outbox WHERE id = ANY (?)""";

  /** Primary key. */
  private static final String SETTLE =
      """
      UPDATE trestle_outbox SET status = ?, attempts = ?, last_error = ?,
        next_attempt_at = clock_timestamp() + ? * interval '1 millisecond'
      WHERE id = ? AND status = 'pending'""";

  /** Index trestle_outbox_due. Rows that another relay is sending are not waited for. */
  private static final String REARM =
      """
      UPDATE trestle_outbox SET next_attempt_at = now() WHERE id IN (
        SELECT id FROM trestle_outbox
        WHERE status = 'pending' AND next_attempt_at > now() FOR UPDATE SKIP LOCKED)""";

  /** The table: for people and gauges. */
  private static final String STATS =
      """
      SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'failed'),
        extract(epoch FROM
          clock_timestamp() - min(enqueued_at) FILTER (WHERE status = 'pending')) * 1000
      FROM trestle_outbox""";

  /** Index trestle_outbox_failed, as the two below. */
  private static final String LIST_FAILED =
      """
      SELECT event_id, name, partition_key, attempts, last_error,
        extract(epoch FROM enqueued_at) * 1000
      FROM trestle_outbox WHERE status = 'failed' AND event_id > ? ORDER BY event_id LIMIT ?""";

  private static final String RETRY_FAILED =
      """
      UPDATE trestle_outbox SET status = 'pending', attempts = 0, next_attempt_at = now()
      WHERE status = 'failed' AND event_id = ?""";

  private static final String DISCARD_FAILED =
      "DELETE FROM trestle_outbox WHERE status = 'failed' AND event_id = ?";

  final String lockLane = LOCK_LANE;
  final String insert;
  final String dueIn;
  final String peek;
  final String free;
  final String lock;
  final String delete;
  final String rearm;
  final SqlStore.Texts texts;

  /** On a table. */
  Statements(String table) {
    insert = on(table, INSERT);
    dueIn = on(table, DUE_IN);
    peek = on(table, PEEK);
    free = on(table, FREE);
    lock = on(table, LOCK);
    delete = on(table, DELETE);
    rearm = on(table, REARM);
    texts =
        new SqlStore.Texts(
            on(table, SETTLE),
            on(table, STATS),
            on(table, LIST_FAILED),
            on(table, RETRY_FAILED),
            on(table, DISCARD_FAILED));
  }

  private static String on(String table, String sql) {
    return sql.replace("trestle_outbox", table);
  }
}
