package io.trestle.events;

import io.trestle.conversations.Events.Event;
import io.trestle.events.core.Content;
import io.trestle.kernel.pipeline.StatementKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All SQL of the log: {@code event_log}, {@code event_idempotency}, {@code event_answers}. */
final class LogStore {
  private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);

  /** A page ends behind the event with which its payloads reach this, or less if that is said. */
  static final long PAGE_BYTES = 8 << 20;

  /** The arrays are read in step, row by row; in FROM each of them would first become a table. */
  private static final String INSERT =
      """
      INSERT INTO event_log AS l
        (id, seq, publisher_service_id, publisher_instance_id, name, payload, payload_json,
         contract_hash, partition_key, idempotency_key, headers, occurred_at_ms, x_sb_trace,
         matched, created_at_ms)
      SELECT unnest($1::uuid[]), unnest($2::int8[]), unnest($3::uuid[]), unnest($4::uuid[]),
        unnest($5::text[]), unnest($6::bytea[]), unnest($7::bytea[]), unnest($8::text[]),
        unnest($9::text[]), unnest($10::text[]), unnest($11::text[])::jsonb, unnest($12::int8[]),
        unnest($13::text[]), unnest($14::text[])::integer[], unnest($15::int8[])
      """;

  /**
   * Served by the primary key of event_log, which also finds an id that is used: by this very
   * event, when an attempt to write it was lost, or by another.
   */
  static final StatementKind<Logged> APPEND =
      StatementKind.of("events.append", Logged.class)
          .first(INSERT)
          .sql(
              INSERT
                  + """
                  ON CONFLICT (id) DO UPDATE SET seq = excluded.seq
                  WHERE trestle_other_event(l.seq, excluded.seq)
                  """)
          .uuid(Logged::id)
          .int8(Logged::position)
          .uuid(Logged::publisherService)
          .uuid(Logged::publisherInstance)
          .text(e -> e.event().name())
          .bytes(e -> e.event().payload())
          .bytes(e -> e.event().payloadJson())
          .text(e -> e.event().contractHash())
          .text(e -> e.event().partitionKey())
          .text(e -> e.event().idempotencyKey())
          .text(e -> HeaderText.of(e.event().headers()))
          .int8(e -> e.event().occurredAtMillis())
          .text(e -> e.event().trace())
          .text(e -> numbers(e.matched()))
          .int8(Logged::createdAt)
          .independent()
          .priority(30)
          .build();

  /**
   * A key whose time is over is taken again. One that another event holds makes the write fail as
   * {@code unique_violation}: who looked before may have looked before the commit of a write of
   * which nobody knew. Served by the primary key of event_idempotency.
   */
  static final StatementKind<KeyUse> KEEP_KEY =
      StatementKind.of("events.key", KeyUse.class)
          .sql(
              """
              INSERT INTO event_idempotency AS k
                (publisher_service_id, key, event_id, digest, json_digest, expires_at_ms)
              SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[],
                $6::int8[])
              ON CONFLICT (publisher_service_id, key) DO UPDATE
              SET event_id = excluded.event_id, digest = excluded.digest,
                  json_digest = excluded.json_digest, expires_at_ms = excluded.expires_at_ms
              WHERE CASE
                WHEN k.event_id = excluded.event_id
                  OR k.expires_at_ms <= (SELECT min(at) FROM unnest($7::int8[]) AS n(at)) THEN true
                ELSE trestle_other_event(k.expires_at_ms, -1)
              END
              """)
          .uuid(KeyUse::service)
          .text(KeyUse::key)
          .uuid(KeyUse::eventId)
          .bytes(k -> k.content().digest())
          .bytes(k -> k.content().json())
          .int8(KeyUse::expiresAt)
          .int8(KeyUse::at)
          .conflictKey(k -> List.of(k.service(), k.key()))
          .priority(31)
          .build();

  /** Served by the primary key of event_answers. */
  static final StatementKind<Answered> KEEP_ANSWER =
      StatementKind.of("events.answer", Answered.class)
          .sql(
              """
              INSERT INTO event_answers AS a
                (publisher_service_id, envelope_id, status, expires_at_ms)
              SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::int8[])
              ON CONFLICT (publisher_service_id, envelope_id) DO UPDATE
              SET status = excluded.status, expires_at_ms = excluded.expires_at_ms
              """)
          .uuid(Answered::service)
          .uuid(Answered::envelope)
          .int4(Answered::status)
          .int8(Answered::expiresAt)
          .conflictKey(a -> List.of(a.service(), a.envelope()))
          .priority(32)
          .build();

  /** Writes nothing; its end tells that the pipeline writes. */
  static final StatementKind<Probe> PROBE =
      StatementKind.of("events.probe", Probe.class)
          .sql("SELECT count(*) FROM unnest($1::int8[])")
          .int8(Probe::number)
          .build();

  private static final String EVENT =
      """
      id, publisher_service_id, publisher_instance_id, name, payload, contract_hash,
      partition_key, idempotency_key, headers::text AS headers, occurred_at_ms, x_sb_trace, matched,
      created_at_ms
      """;

  private static final String AT_SEQ = "seq AS position, ''::bytea AS payload_json, " + EVENT;

  private static final String AT_REPLAY =
      "replay_seq AS position, ''::bytea AS payload_json, "
          + EVENT.replaceFirst("\\bid\\b", "event_id AS id");

  /** Served by the primary key of event_log. */
  private static final String BY_ID =
      "SELECT seq AS position, payload_json, " + EVENT + " FROM event_log WHERE id = ANY ($1)";

  /** Served by the primary key of event_idempotency. */
  private static final String KEYS =
      """
      SELECT key, event_id, digest, json_digest, expires_at_ms FROM event_idempotency
      WHERE publisher_service_id = $1 AND key = ANY ($2)
      """;

  /** Served by the primary key of event_answers. */
  private static final String ANSWERS =
      """
      SELECT envelope_id, status FROM event_answers
      WHERE publisher_service_id = $1 AND envelope_id = ANY ($2) AND expires_at_ms > $3
      """;

  /** Served by event_log_seq and events_dlq_replay. */
  private static final String PAGE =
      upToPageBytes(
          "SELECT * FROM (SELECT "
              + AT_SEQ
              + " FROM event_log WHERE seq > $1 AND seq <= $2 AND matched && $3"
              + " ORDER BY seq LIMIT $4) l UNION ALL SELECT * FROM (SELECT "
              + AT_REPLAY
              + " FROM events_dlq WHERE consumer = $5 AND replay_seq > $1 AND replay_seq <= $2"
              + " AND replayed_at_ms IS NOT NULL ORDER BY replay_seq LIMIT $4) r"
              + " ORDER BY position LIMIT $4",
          "$6");

  /** Served by event_log_seq and events_dlq_replay. */
  private static final String AT =
      upToPageBytes(
          "SELECT "
              + AT_SEQ
              + " FROM event_log WHERE seq = ANY ($1) AND matched && $2 UNION ALL SELECT "
              + AT_REPLAY
              + " FROM events_dlq WHERE consumer = $3 AND replay_seq = ANY ($1)"
              + " AND replayed_at_ms IS NOT NULL",
          "$4");

  /** Served by event_log_seq. */
  private static final String TAIL =
      "SELECT seq, matched FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2";

  /** Served by the primary key of event_log, backwards. */
  private static final String NEWEST =
      "SELECT id FROM event_log WHERE id < trestle_uuid_from($1) ORDER BY id DESC LIMIT 1";

  /** Served by event_log_seq and events_dlq_replay. */
  private static final String HEAD =
      """
      SELECT greatest((SELECT max(seq) FROM event_log), (SELECT max(replay_seq) FROM events_dlq),
        (SELECT seq FROM event_checkpoint)) AS head
      """;

  /** Served by event_idempotency_expires. */
  private static final String SWEEP_KEYS =
      "DELETE FROM event_idempotency WHERE expires_at_ms <= $1";

  /** Served by event_answers_expires. */
  private static final String SWEEP_ANSWERS = "DELETE FROM event_answers WHERE expires_at_ms <= $1";

  /** The days of the log, oldest first, and what was noted of them. */
  private static final String DAYS =
      """
      SELECT c.relname AS day, obj_description(c.oid, 'pg_class') AS note FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event_log'::regclass AND c.relname ~ '^event_log_[0-9]{8}$'
      ORDER BY c.relname
      """;

  /** Served by the index on seq of the partition. */
  private static final String LAST = "SELECT seq FROM %s ORDER BY seq DESC LIMIT 1";

  /** When every delivery of a day was found ended. It is kept where it disappears with the day. */
  private static final String NOTE = "COMMENT ON TABLE %s IS %s";

  private static final String FINISHED = "finished ";

  /**
   * Nothing is being written to the day any more, and nothing will be. The log is locked first, as
   * writes and DROP do. Gives up when somebody is at it for long; the next sweep tries again.
   */
  private static final String LOCK =
      "SET LOCAL lock_timeout = '1s'; LOCK TABLE ONLY event_log IN ACCESS EXCLUSIVE MODE;"
          + " LOCK TABLE %s IN ACCESS EXCLUSIVE MODE";

  private static final String DROP = "DROP TABLE %s";

  /**
   * A page of them by position, of which the old ones go: positions and times of acceptance need
   * not be in the same order, since the clock may have been ahead. Served by the index on seq of
   * the partition.
   */
  static final String SWEEP_OTHER =
      """
      WITH page AS MATERIALIZED (
        SELECT id, seq, created_at_ms FROM event_log_other WHERE seq > $1 AND seq <= $2
        ORDER BY seq LIMIT $4),
      gone AS (
        DELETE FROM event_log_other
        WHERE id = ANY (ARRAY(SELECT id FROM page WHERE created_at_ms < $3)))
      SELECT max(seq) AS last, count(*) AS looked_at FROM page
      """;

  static final int SWEPT_AT_A_TIME = 1_000;

  private final Pool pool;

  LogStore(Pool pool) {
    this.pool = pool;
  }

  record Probe(long number) {}

  /** An idempotency key, what it was used for, and when that was written. */
  record KeyUse(UUID service, String key, UUID eventId, Content content, long expiresAt, long at) {}

  /** An envelope that was answered with something older clients do not understand. */
  record Answered(UUID service, UUID envelope, int status, long expiresAt) {}

  /** What is known of a request's ids and keys. */
  record Known(Map<UUID, Logged> events, Map<String, KeyUse> keys, Map<UUID, Integer> answers) {}

  /** One row of the tail. */
  record Step(long position, int[] matched) {}

  /** In order of position, ending behind the event with which the payloads reach the bound. */
  private static String upToPageBytes(String events, String most) {
    return "SELECT * FROM (SELECT p.*, sum(octet_length(p.payload)) OVER (ORDER BY p.position)"
        + " - octet_length(p.payload) AS bytes_before FROM ("
        + events
        + ") p) q WHERE bytes_before < "
        + most
        + "::int8 ORDER BY position";
  }

  private static @Nullable String numbers(int[] matched) {
    if (matched.length == 0) {
      return null;
    }
    String list = Arrays.toString(matched);
    return '{' + list.substring(1, list.length() - 1) + '}';
  }

  /** Looks up ids, keys of a service, and earlier answers to these ids. */
  Future<Known> find(UUID service, List<UUID> ids, List<String> keys, long now) {
    UUID[] wanted = ids.toArray(UUID[]::new);
    Future<Map<UUID, Logged>> events = events(wanted);
    Future<Map<String, KeyUse>> used = keys.isEmpty() ? none() : keys(service, keys);
    Future<Map<UUID, Integer>> answers = answers(service, wanted, now);
    return Future.all(events, used, answers)
        .map(v -> new Known(events.result(), used.result(), answers.result()));
  }

  private static <K, V> Future<Map<K, V>> none() {
    return Future.succeededFuture(Map.of());
  }

  /** Those of the ids that are stored. */
  Future<Map<UUID, Logged>> events(UUID[] ids) {
    return pool.preparedQuery(BY_ID)
        .execute(Tuple.tuple().addArrayOfUUID(ids))
        .map(
            rows -> {
              Map<UUID, Logged> found = new HashMap<>();
              rows.forEach(row -> found.put(row.getUUID("id"), logged(row)));
              return found;
            });
  }

  private Future<Map<String, KeyUse>> keys(UUID service, List<String> keys) {
    return pool.preparedQuery(KEYS)
        .execute(Tuple.of(service).addArrayOfString(keys.toArray(String[]::new)))
        .map(
            rows -> {
              Map<String, KeyUse> found = new HashMap<>();
              rows.forEach(row -> found.put(row.getString("key"), key(service, row)));
              return found;
            });
  }

  private static KeyUse key(UUID service, Row row) {
    Buffer json = row.getBuffer("json_digest");
    return new KeyUse(
        service,
        row.getString("key"),
        row.getUUID("event_id"),
        new Content(row.getBuffer("digest").getBytes(), json == null ? null : json.getBytes()),
        row.getLong("expires_at_ms"),
        0);
  }

  private Future<Map<UUID, Integer>> answers(UUID service, UUID[] ids, long now) {
    return pool.preparedQuery(ANSWERS)
        .execute(Tuple.of(service).addArrayOfUUID(ids).addLong(now))
        .map(
            rows -> {
              Map<UUID, Integer> found = new HashMap<>();
              rows.forEach(row -> found.put(row.getUUID("envelope_id"), row.getInteger("status")));
              return found;
            });
  }

  /**
   * What a consumer has to read, in order: of the log and of its replays.
   *
   * @param after position before the first
   * @param upTo last position
   * @param subscriptions numbers of all that the consumer ever had
   * @param limit most rows
   * @param most bytes of payloads behind which it ends, at most {@link #PAGE_BYTES}
   */
  Future<List<Logged>> page(
      int consumer, long after, long upTo, Integer[] subscriptions, int limit, long most) {
    Tuple query =
        Tuple.of(after, upTo)
            .addArrayOfInteger(subscriptions)
            .addInteger(limit)
            .addInteger(consumer)
            .addLong(most);
    return events(PAGE, query);
  }

  /**
   * The events of some positions of a consumer, in order; fewer because of their bytes.
   *
   * @param subscriptions numbers of all that the consumer ever had
   * @param most bytes of payloads behind which they end, at most {@link #PAGE_BYTES}
   */
  Future<List<Logged>> at(int consumer, List<Long> positions, Integer[] subscriptions, long most) {
    Tuple query =
        Tuple.tuple()
            .addArrayOfLong(positions.toArray(Long[]::new))
            .addArrayOfInteger(subscriptions)
            .addInteger(consumer)
            .addLong(most);
    return events(AT, query);
  }

  private Future<List<Logged>> events(String sql, Tuple query) {
    return pool.preparedQuery(sql)
        .execute(query)
        .map(
            rows -> {
              List<Logged> page = new ArrayList<>(rows.size());
              rows.forEach(row -> page.add(logged(row)));
              return page;
            });
  }

  /** What was appended after a position, without the events. */
  Future<List<Step>> tail(long after, int limit) {
    return pool.preparedQuery(TAIL)
        .execute(Tuple.of(after, limit))
        .map(
            rows -> {
              List<Step> steps = new ArrayList<>(rows.size());
              rows.forEach(row -> steps.add(new Step(row.getLong("seq"), matched(row))));
              return steps;
            });
  }

  /**
   * Drops the days of which every delivery ended, and that this long ago (events.md 13). When that
   * was is noted when it is first seen. Events of the partition for odd ids go by the time of their
   * acceptance instead.
   *
   * @param floor every delivery up to here ended
   */
  Future<Void> dropFinished(long floor, long now, long keepMillis) {
    return pool.query(DAYS)
        .execute()
        .compose(
            rows -> {
              Future<Void> done = Future.succeededFuture();
              for (Row row : rows) {
                String day = row.getString("day");
                String note = row.getString("note");
                if (isOver(day, now)) {
                  done = done.compose(v -> look(day, note, floor, now, keepMillis));
                }
              }
              return done;
            })
        .compose(v -> sweepOther(0, floor, now - keepMillis));
  }

  private Future<Void> sweepOther(long after, long floor, long before) {
    return pool.preparedQuery(SWEEP_OTHER)
        .execute(Tuple.of(after, floor, before, SWEPT_AT_A_TIME))
        .map(rows -> rows.iterator().next())
        .compose(
            page ->
                page.getLong("looked_at") < SWEPT_AT_A_TIME
                    ? Future.succeededFuture()
                    : sweepOther(page.getLong("last"), floor, before));
  }

  private Future<Void> look(
      String day, @Nullable String note, long floor, long now, long keepMillis) {
    return pool.query(LAST.formatted(day))
        .execute()
        .compose(
            rows -> {
              if (!isFinished(rows, floor)) {
                // an event with an old id came late: its time begins when it is done
                return note == null ? Future.succeededFuture() : note(day, "NULL");
              }
              return note == null || !note.startsWith(FINISHED)
                  ? note(day, "'" + FINISHED + now + "'")
                  : dropIfOld(day, note, floor, now - keepMillis);
            });
  }

  private static boolean isFinished(RowSet<Row> last, long floor) {
    return last.size() == 0 || last.iterator().next().getLong("seq") <= floor;
  }

  private Future<Void> dropIfOld(String day, String note, long floor, long before) {
    return Long.parseLong(note.substring(FINISHED.length())) < before
        ? drop(day, floor)
        : Future.succeededFuture();
  }

  private Future<Void> note(String day, String text) {
    return pool.query(NOTE.formatted(day, text)).execute().mapEmpty();
  }

  /** Empty days to come are kept, of course. */
  private static boolean isOver(String day, long now) {
    LocalDate date =
        LocalDate.parse(day.substring(day.length() - 8), DateTimeFormatter.BASIC_ISO_DATE);
    return date.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli() < now;
  }

  /** An event with an old id may have come since the day was looked at: then it stays. */
  private Future<Void> drop(String day, long floor) {
    return pool.withTransaction(
            c ->
                c.query(LOCK.formatted(day))
                    .execute()
                    .compose(v -> c.query(LAST.formatted(day)).execute())
                    .compose(
                        last ->
                            isFinished(last, floor)
                                ? c.query(DROP.formatted(day)).execute().map(v -> true)
                                : Future.succeededFuture(false)))
        .onSuccess(
            dropped ->
                LOG.info(
                    dropped
                        ? "partition of the log dropped day={}"
                        : "partition of the log kept, an event came late day={}",
                    day))
        .mapEmpty();
  }

  /** Deletes keys and answers whose time is over. */
  Future<Integer> sweepKeys(long now) {
    return pool.preparedQuery(SWEEP_KEYS)
        .execute(Tuple.of(now))
        .compose(v -> pool.preparedQuery(SWEEP_ANSWERS).execute(Tuple.of(now)))
        .map(rows -> rows.rowCount());
  }

  /** The largest id of a time before this one; the smallest of all when there is none. */
  Future<UUID> newest(long before) {
    return pool.preparedQuery(NEWEST)
        .execute(Tuple.of(before))
        .map(rows -> rows.size() == 0 ? new UUID(0, 0) : rows.iterator().next().getUUID("id"));
  }

  /** The last position that was ever used. */
  Future<Long> head() {
    return pool.query(HEAD).execute().map(rows -> rows.iterator().next().getLong("head"));
  }

  static Logged logged(Row row) {
    Event event =
        new Event(
            row.getUUID("id").toString(),
            row.getString("name"),
            row.getBuffer("payload").getBytes(),
            row.getString("contract_hash"),
            row.getString("partition_key"),
            row.getString("idempotency_key"),
            HeaderText.parse(row.getString("headers")),
            row.getLong("occurred_at_ms"),
            row.getString("x_sb_trace"),
            row.getBuffer("payload_json").getBytes());
    return new Logged(
        row.getLong("position"),
        row.getUUID("id"),
        row.getUUID("publisher_service_id"),
        row.getUUID("publisher_instance_id"),
        event,
        matched(row),
        row.getLong("created_at_ms"));
  }

  private static int[] matched(Row row) {
    Integer[] numbers = row.getArrayOfIntegers("matched");
    return numbers == null
        ? new int[0]
        : Arrays.stream(numbers).mapToInt(Integer::intValue).toArray();
  }
}
