package io.trestle.events;

import io.trestle.kernel.pipeline.StatementKind;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/** All SQL of dead letters: {@code events_dlq}, {@code event_dropped}. */
final class DeadStore {
  /** Rows that one statement of the sweeper deletes. */
  static final int SWEPT_AT_A_TIME = 1_000;

  /**
   * A delivery that dies again after a replay is the same entry. Attempts are absolute, so that the
   * statement may run twice. Served by the unique key on (consumer, event_id).
   */
  static final StatementKind<Dead> BURY =
      StatementKind.of("events.bury", Dead.class)
          .sql(
              """
              INSERT INTO events_dlq AS d
                (id, consumer, service_id, event_id, seq, publisher_service_id,
                 publisher_instance_id, name, payload, contract_hash, partition_key,
                 idempotency_key, headers, occurred_at_ms, x_sb_trace, matched, created_at_ms,
                 reason, last_error, total_attempts, replay_count, dlq_at_ms)
              SELECT e.id, e.consumer, e.service, e.event_id, e.seq, e.publisher, e.instance, e.name,
                e.payload, e.contract_hash, e.partition_key, e.idempotency_key, e.headers::jsonb,
                e.occurred_at_ms, e.x_sb_trace, e.matched::integer[], e.created_at_ms, e.reason,
                e.last_error, e.total_attempts, e.replay_count, e.dlq_at_ms
              FROM unnest($1::uuid[], $2::int4[], $3::uuid[], $4::uuid[], $5::int8[], $6::uuid[],
                  $7::uuid[], $8::text[], $9::bytea[], $10::text[], $11::text[], $12::text[],
                  $13::text[], $14::int8[], $15::text[], $16::text[], $17::int8[], $18::text[],
                  $19::text[], $20::int4[], $21::int4[], $22::int8[])
                AS e(id, consumer, service, event_id, seq, publisher, instance, name, payload,
                     contract_hash, partition_key, idempotency_key, headers, occurred_at_ms,
                     x_sb_trace, matched, created_at_ms, reason, last_error, total_attempts,
                     replay_count, dlq_at_ms)
              ON CONFLICT (consumer, event_id) DO UPDATE
              SET reason = excluded.reason, last_error = excluded.last_error,
                  total_attempts = excluded.total_attempts, replay_count = excluded.replay_count,
                  dlq_at_ms = excluded.dlq_at_ms, replayed_at_ms = NULL
              """)
          .uuid(Dead::id)
          .int4(Dead::consumer)
          .uuid(Dead::service)
          .uuid(d -> d.event().id())
          .int8(d -> d.event().position())
          .uuid(d -> d.event().publisherService())
          .uuid(d -> d.event().publisherInstance())
          .text(d -> d.event().event().name())
          .bytes(d -> d.event().event().payload())
          .text(d -> d.event().event().contractHash())
          .text(d -> d.event().event().partitionKey())
          .text(d -> d.event().event().idempotencyKey())
          .text(d -> HeaderText.of(d.event().event().headers()))
          .int8(d -> d.event().event().occurredAtMillis())
          .text(d -> d.event().event().trace())
          .text(d -> array(d.event().matched()))
          .int8(d -> d.event().createdAt())
          .text(Dead::reason)
          .text(Dead::error)
          .int4(Dead::attempts)
          .int4(Dead::replays)
          .int8(Dead::at)
          .conflictKey(d -> List.of(d.consumer(), d.event().id()))
          .priority(33)
          .build();

  /** Served by the unique key on (consumer, event_id). */
  static final StatementKind<Again> REPLAY =
      StatementKind.of("events.replay", Again.class)
          .sql(
              """
              UPDATE events_dlq d
              SET replayed_at_ms = a.at, replay_seq = a.seq, replay_count = a.replays,
                  matched = a.matched::integer[]
              FROM unnest($1::int4[], $2::uuid[], $3::int8[], $4::int8[], $5::int4[], $6::text[])
                AS a(consumer, event_id, at, seq, replays, matched)
              WHERE d.consumer = a.consumer AND d.event_id = a.event_id
              """)
          .int4(Again::consumer)
          .uuid(Again::eventId)
          .int8(Again::at)
          .int8(Again::position)
          .int4(Again::replays)
          .text(a -> array(a.matched()))
          .conflictKey(a -> List.of(a.consumer(), a.eventId()))
          .priority(34)
          .build();

  private static final String LETTER =
      """
      d.id, d.consumer, d.service_id, d.event_id, d.name, d.last_error, d.reason, d.dlq_at_ms,
      d.replay_count, d.total_attempts, s.name AS service_name
      """;

  /** Served by events_dlq_list. */
  private static final String LIST =
      "SELECT "
          + LETTER
          + """
             FROM events_dlq d LEFT JOIN services s ON s.id = d.service_id
            WHERE d.service_id = $1 AND d.replayed_at_ms IS NULL
              AND (d.dlq_at_ms, d.id) < ($2, $3)
            ORDER BY d.dlq_at_ms DESC, d.id DESC LIMIT $4
            """;

  /** Served by the unique key on (consumer, event_id). */
  private static final String FIND =
      """
      SELECT seq AS position, event_id AS id, publisher_service_id, publisher_instance_id, name,
        payload, ''::bytea AS payload_json, contract_hash, partition_key, idempotency_key,
        headers::text AS headers, occurred_at_ms, x_sb_trace, matched, created_at_ms, consumer,
        total_attempts, replay_count, replayed_at_ms, replay_seq
      FROM events_dlq WHERE consumer = ANY ($1) AND event_id = $2
      """;

  /**
   * Positions of a consumer that are finished because they are dead, but for those of which its
   * progress says so already: of millions of dead letters only the last ones are read. Served by
   * events_dlq_seq and events_dlq_replay, once for each gap of the progress.
   */
  private static final String BURIED =
      """
      WITH gaps AS (
        SELECT c.number, lower(g.gap) AS first, coalesce(upper(g.gap), 9223372036854775807) AS behind
        FROM event_consumers c
        CROSS JOIN unnest(int8multirange(int8range(c.floor + 1, NULL)) - c.finished) AS g(gap))
      SELECT d.consumer, d.seq AS position FROM gaps g
      JOIN events_dlq d ON d.consumer = g.number AND d.seq >= g.first AND d.seq < g.behind
      UNION ALL
      SELECT d.consumer, d.replay_seq FROM gaps g
      JOIN events_dlq d ON d.consumer = g.number
        AND d.replay_seq >= g.first AND d.replay_seq < g.behind
      WHERE d.replayed_at_ms IS NULL AND d.replay_seq IS NOT NULL
      """;

  /**
   * Replays that were accepted after a checkpoint, those that died again too: {@code BURIED} takes
   * these off. Served by events_dlq_replayed.
   */
  private static final String REPLAYED =
      """
      SELECT consumer, replay_seq AS position FROM events_dlq
      WHERE replay_seq > $1
      """;

  /**
   * What is {@code gone} and was still a dead letter is remembered as dropped while the log goes
   * back that far. The begin of the log is served by the indexes on seq of its partitions.
   */
  static final String KEEP_DROPPED =
      """
      , kept AS (
        INSERT INTO event_dropped (seq, consumer, failed_attempts, replay_count)
        SELECT seq, consumer, total_attempts, replay_count FROM gone
        WHERE shown AND seq >= (SELECT min(seq) FROM event_log)
        ON CONFLICT DO NOTHING)
      """;

  /** Served by events_dlq_age. */
  private static final String SWEEP =
      """
      WITH gone AS (
        DELETE FROM events_dlq WHERE id IN
          (SELECT d.id FROM events_dlq d JOIN event_consumers c ON c.number = d.consumer
           WHERE d.dlq_at_ms < $1 AND (d.replayed_at_ms IS NULL OR d.replay_seq <= c.floor)
           ORDER BY d.dlq_at_ms LIMIT $2)
        RETURNING consumer, seq, total_attempts, replay_count, replayed_at_ms IS NULL AS shown)
      """
          + KEEP_DROPPED
          + "SELECT consumer, shown FROM gone";

  /** Served by the primary key of event_dropped and the indexes on seq of the log. */
  private static final String FORGET_DROPPED =
      """
      DELETE FROM event_dropped
      WHERE seq < coalesce((SELECT min(seq) FROM event_log), 9223372036854775807)
      """;

  private static final String COUNT =
      "SELECT count(*) FROM events_dlq WHERE replayed_at_ms IS NULL";

  private final Pool pool;

  DeadStore(Pool pool) {
    this.pool = pool;
  }

  /**
   * A dead letter to store.
   *
   * @param attempts over all replays
   */
  record Dead(
      UUID id,
      int consumer,
      UUID service,
      Logged event,
      String reason,
      String error,
      int attempts,
      int replays,
      long at) {}

  /** A replay to store. */
  record Again(int consumer, UUID eventId, long at, long position, int replays, int[] matched) {}

  /** A row of the list. */
  record Letter(
      UUID id,
      UUID service,
      String serviceName,
      UUID eventId,
      String name,
      String error,
      String reason,
      long at,
      int replays,
      int attempts) {}

  /** A stored one; {@code replayPosition} is 0 until it was replayed. */
  record Stored(
      int consumer,
      Logged event,
      int attempts,
      int replays,
      boolean replayed,
      long replayPosition) {}

  /** A position of a consumer. */
  record Place(int consumer, long position) {}

  static String array(int[] numbers) {
    return Arrays.stream(numbers)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** Newest first, those before (time, id). */
  Future<List<Letter>> list(UUID service, long beforeTime, UUID beforeId, int limit) {
    return pool.preparedQuery(LIST)
        .execute(Tuple.of(service, beforeTime, beforeId, limit))
        .map(
            rows -> {
              List<Letter> letters = new ArrayList<>(rows.size());
              rows.forEach(row -> letters.add(letter(row)));
              return letters;
            });
  }

  /** The entry of one of these consumers. */
  Future<Optional<Stored>> find(Integer[] consumers, UUID eventId) {
    return pool.preparedQuery(FIND)
        .execute(Tuple.tuple().addArrayOfInteger(consumers).addUUID(eventId))
        .map(
            rows ->
                rows.size() == 0 ? Optional.empty() : Optional.of(stored(rows.iterator().next())));
  }

  Future<List<Place>> buried() {
    return pool.query(BURIED).execute().map(DeadStore::places);
  }

  Future<List<Place>> replayed(long after) {
    return pool.preparedQuery(REPLAYED).execute(Tuple.of(after)).map(DeadStore::places);
  }

  /**
   * Deletes some that are older; completes with how many.
   *
   * @param gone hears the consumer of each that was not replayed
   */
  Future<Integer> sweep(long before, IntConsumer gone) {
    return pool.preparedQuery(SWEEP)
        .execute(Tuple.of(before, SWEPT_AT_A_TIME))
        .map(
            rows -> {
              for (Row row : rows) {
                if (row.getBoolean("shown")) {
                  gone.accept(row.getInteger("consumer"));
                }
              }
              return rows.size();
            });
  }

  /** Forgets dropped letters whose events are not in the log any more; completes with how many. */
  Future<Integer> forgetDropped() {
    return pool.query(FORGET_DROPPED).execute().map(rows -> rows.rowCount());
  }

  Future<Long> count() {
    return pool.query(COUNT).execute().map(rows -> rows.iterator().next().getLong(0));
  }

  private static List<Place> places(Iterable<Row> rows) {
    List<Place> places = new ArrayList<>();
    rows.forEach(row -> places.add(new Place(row.getInteger("consumer"), row.getLong("position"))));
    return places;
  }

  private static Letter letter(Row row) {
    String name = row.getString("service_name");
    return new Letter(
        row.getUUID("id"),
        row.getUUID("service_id"),
        name == null ? "" : name,
        row.getUUID("event_id"),
        row.getString("name"),
        row.getString("last_error"),
        row.getString("reason"),
        row.getLong("dlq_at_ms"),
        row.getInteger("replay_count"),
        row.getInteger("total_attempts"));
  }

  private static Stored stored(Row row) {
    Long replay = row.getLong("replay_seq");
    return new Stored(
        row.getInteger("consumer"),
        LogStore.logged(row),
        row.getInteger("total_attempts"),
        row.getInteger("replay_count"),
        row.getLong("replayed_at_ms") != null,
        replay == null ? 0 : replay);
  }
}
