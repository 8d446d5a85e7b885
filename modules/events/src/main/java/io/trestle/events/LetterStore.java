package io.trestle.events;

import io.trestle.conversations.EventAdmin.Choice;
import io.trestle.conversations.EventAdmin.Letter;
import io.trestle.kernel.database.DirectWrites;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask and delete of {@code events_dlq}. Replayed letters are history, and hidden.
 */
final class LetterStore {
  private static final String LETTER =
      """
      SELECT d.id, d.consumer, d.event_id, d.name, d.service_id, d.partition_key, d.reason,
        d.last_error, d.total_attempts, d.replay_count, d.dlq_at_ms,
        coalesce(s.name, d.service_id::text) AS service_name,
        coalesce(c.group_name, '') AS group_name
      FROM events_dlq d LEFT JOIN services s ON s.id = d.service_id
        LEFT JOIN event_consumers c ON c.number = d.consumer
      WHERE d.replayed_at_ms IS NULL
      """;

  /** Served by the primary key. */
  private static final String CONTENT =
      """
      SELECT seq AS position, event_id AS id, publisher_service_id, publisher_instance_id, name,
        payload, ''::bytea AS payload_json, contract_hash, partition_key, idempotency_key,
        headers::text AS headers, occurred_at_ms, x_sb_trace, matched, created_at_ms
      FROM events_dlq WHERE id = $1
      """;

  /**
   * A letter says that its position is finished, until the progress of its consumer and the
   * checkpoint say so too; before that it must stay. Served by the primary key.
   */
  private static final String DROP =
      """
      WITH gone AS (
        DELETE FROM events_dlq d USING event_consumers c, event_checkpoint k
        WHERE d.id = ANY ($1) AND d.replayed_at_ms IS NULL AND c.number = d.consumer
          AND greatest(d.seq, d.replay_seq) <= k.seq
          AND (d.seq <= c.floor OR c.finished @> d.seq)
          AND (d.replay_seq IS NULL OR d.replay_seq <= c.floor OR c.finished @> d.replay_seq)
        RETURNING d.id, d.consumer, d.seq, d.total_attempts, d.replay_count, true AS shown)
      """
          + DeadStore.KEEP_DROPPED
          + "SELECT id FROM gone";

  /** Reads the whole table: at the start and once an hour. */
  private static final String COUNTS =
      "SELECT consumer, count(*) AS letters FROM events_dlq WHERE replayed_at_ms IS NULL"
          + " GROUP BY consumer";

  private final Pool pool;
  private final DirectWrites writes;

  LetterStore(Pool pool, DirectWrites writes) {
    this.pool = pool;
    this.writes = writes;
  }

  /** A letter and whose it is. */
  record Entry(int consumer, Letter letter) {}

  /** What to look for; null is not asked. */
  record Wanted(@Nullable UUID service, @Nullable String regex, @Nullable String reason) {
    static Wanted of(@Nullable UUID service, Choice choice) {
      return new Wanted(
          service,
          choice.pattern().isEmpty() ? null : regex(choice.pattern()),
          choice.reason().isEmpty() ? null : choice.reason());
    }

    /** What is asked, as conditions whose parameters follow this many others. */
    String conditions(int before) {
      StringBuilder sql = new StringBuilder();
      int at = before;
      if (service != null) {
        sql.append("  AND d.service_id = $").append(++at).append('\n');
      }
      if (regex != null) {
        sql.append("  AND '.' || d.name ~ $").append(++at).append('\n');
      }
      if (reason != null) {
        sql.append("  AND d.reason = $").append(++at).append('\n');
      }
      return sql.toString();
    }

    /** Adds the parameters of these. */
    Tuple addTo(Tuple others) {
      if (service != null) {
        others.addUUID(service);
      }
      if (regex != null) {
        others.addString(regex);
      }
      if (reason != null) {
        others.addString(reason);
      }
      return others;
    }

    /** A pattern as it is tested on a name with a dot before it. */
    static String regex(String pattern) {
      StringBuilder regex = new StringBuilder("^");
      for (String segment : pattern.split("\\.", -1)) {
        regex.append(
            switch (segment) {
              case "*" -> "\\.[^.]+";
              case "#" -> "(?:\\.[^.]+)*";
              default -> "\\." + segment;
            });
      }
      return regex.append('$').toString();
    }
  }

  /** Served by events_dlq_all, for one service by events_dlq_list. */
  static String newest(Wanted wanted) {
    return LETTER
        + "  AND (d.dlq_at_ms, d.id) < ($1, $2)\n"
        + wanted.conditions(3)
        + "ORDER BY d.dlq_at_ms DESC, d.id DESC LIMIT $3";
  }

  /** Served by events_dlq_all, for one service by events_dlq_list. */
  static String oldest(Wanted wanted) {
    return LETTER
        + "  AND (d.dlq_at_ms, d.id) > ($1, $2) AND d.dlq_at_ms <= $3\n"
        + wanted.conditions(4)
        + "ORDER BY d.dlq_at_ms, d.id LIMIT $4";
  }

  /** Served by the primary key and events_dlq_event. */
  static String ofIds(Wanted wanted) {
    return LETTER
        + "  AND (d.id = ANY ($1) OR d.event_id = ANY ($1))\n"
        + wanted.conditions(1)
        + "ORDER BY d.dlq_at_ms, d.id";
  }

  /** Before (time, id), newest first. */
  Future<List<Entry>> newest(Wanted wanted, long time, UUID id, int limit) {
    return list(newest(wanted), wanted.addTo(Tuple.of(time, id, limit)));
  }

  /** After (time, id), up to a time, oldest first. */
  Future<List<Entry>> oldest(Wanted wanted, long time, UUID id, long upTo, int limit) {
    return list(oldest(wanted), wanted.addTo(Tuple.of(time, id, upTo, limit)));
  }

  /** Letters of these ids, their own or those of their events. */
  Future<List<Entry>> ofIds(Wanted wanted, List<UUID> ids) {
    return list(
        ofIds(wanted), wanted.addTo(Tuple.tuple().addArrayOfUUID(ids.toArray(UUID[]::new))));
  }

  /** The event of a letter. */
  Future<Optional<Logged>> content(UUID letter) {
    return pool.preparedQuery(CONTENT)
        .execute(Tuple.of(letter))
        .map(
            rows ->
                rows.size() == 0
                    ? Optional.empty()
                    : Optional.of(LogStore.logged(rows.iterator().next())));
  }

  /** Deletes what may be deleted; completes with the ids of that. */
  Future<List<UUID>> drop(List<UUID> letters) {
    return writes
        .write(DROP, Tuple.tuple().addArrayOfUUID(letters.toArray(UUID[]::new)))
        .map(
            rows -> {
              List<UUID> gone = new ArrayList<>(rows.size());
              rows.forEach(row -> gone.add(row.getUUID("id")));
              return gone;
            });
  }

  /** How many there are of each consumer that has any. */
  Future<Map<Integer, Long>> counts() {
    return pool.query(COUNTS)
        .execute()
        .map(
            rows -> {
              Map<Integer, Long> counts = new HashMap<>();
              rows.forEach(row -> counts.put(row.getInteger("consumer"), row.getLong("letters")));
              return counts;
            });
  }

  private Future<List<Entry>> list(String sql, Tuple query) {
    return pool.preparedQuery(sql).execute(query).map(LetterStore::entries);
  }

  private static List<Entry> entries(RowSet<Row> rows) {
    List<Entry> entries = new ArrayList<>(rows.size());
    rows.forEach(row -> entries.add(new Entry(row.getInteger("consumer"), letter(row))));
    return entries;
  }

  private static Letter letter(Row row) {
    return new Letter(
        row.getUUID("id"),
        row.getUUID("event_id"),
        row.getString("name"),
        row.getUUID("service_id"),
        row.getString("service_name"),
        row.getString("group_name"),
        row.getString("partition_key"),
        row.getString("reason"),
        row.getString("last_error"),
        row.getInteger("total_attempts"),
        row.getInteger("replay_count"),
        row.getLong("dlq_at_ms"));
  }
}
