package io.trestle.traces;

import io.trestle.kernel.pipeline.StatementKind;
import io.trestle.traces.core.Entry;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All SQL of the streams: {@code trace_chunks}. */
final class TraceStore {
  private static final Logger LOG = LoggerFactory.getLogger(TraceStore.class);

  /** Rows of a page; chunks have 64 KiB at most. */
  static final int PAGE = 64;

  /**
   * Served by the primary key of trace_chunks. The same row again changes nothing; for a row whose
   * place another holds, the kind that the table does not take makes the write fail.
   */
  static final StatementKind<Written> APPEND =
      StatementKind.of("traces.append", Written.class)
          .sql(
              """
              INSERT INTO trace_chunks
                (trace_id, sequence, created_at_ms, kind, key, data, dropped, service_id,
                 instance_id, client_seq)
              SELECT * FROM unnest($1::uuid[], $2::int8[], $3::int8[], $4::int4[], $5::text[],
                $6::bytea[], $7::int8[], $8::uuid[], $9::uuid[], $10::int8[])
              ON CONFLICT (trace_id, sequence, created_at_ms) DO UPDATE SET kind = 0
              WHERE (trace_chunks.instance_id, trace_chunks.client_seq)
                <> (excluded.instance_id, excluded.client_seq)
              """)
          .uuid(Written::traceId)
          .int8(w -> w.entry().sequence())
          .int8(Written::createdAt)
          .int4(w -> w.entry().kind().number())
          .text(w -> w.entry().key())
          .bytes(w -> w.entry().data())
          .int8(w -> w.entry().dropped())
          .uuid(Written::serviceId)
          .uuid(Written::instanceId)
          .int8(Written::clientSeq)
          .conflictKey(w -> List.of(w.traceId(), w.entry().sequence()))
          .priority(40)
          .build();

  /** Writes nothing; its end tells that the pipeline writes. */
  static final StatementKind<Probe> PROBE =
      StatementKind.of("traces.probe", Probe.class)
          .sql("SELECT count(*) FROM unnest($1::int8[])")
          .int8(Probe::number)
          .build();

  /** Served by the primary key of trace_chunks, backwards. */
  private static final String HEAD =
      """
      SELECT sequence, created_at_ms FROM trace_chunks WHERE trace_id = $1
      ORDER BY sequence DESC LIMIT 1
      """;

  /** Served by trace_chunks_ends. */
  private static final String STATUS =
      """
      SELECT data FROM trace_chunks WHERE trace_id = $1 AND kind = 3
      ORDER BY sequence DESC LIMIT 1
      """;

  /** Served by the primary key of trace_chunks. */
  private static final String ROWS =
      """
      SELECT sequence, kind, key, data, dropped FROM trace_chunks
      WHERE trace_id = $1 AND sequence > $2 AND sequence <= $3 AND kind < 3
        AND ($4 = '' OR key = $4)
      ORDER BY sequence LIMIT $5
      """;

  /** Served by trace_chunks_sent. */
  private static final String SENT =
      "SELECT sequence FROM trace_chunks WHERE instance_id = $1 AND client_seq = $2 LIMIT 1";

  /** Served by trace_chunks_sent, backwards. */
  private static final String TOP =
      """
      SELECT client_seq FROM trace_chunks WHERE instance_id = $1 ORDER BY client_seq DESC LIMIT 1
      """;

  private static final String PARTITION = "SELECT trestle_trace_partition($1)";

  /** The days of the streams, oldest first. */
  private static final String DAYS =
      """
      SELECT c.relname AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'trace_chunks'::regclass AND c.relname ~ '^trace_chunks_[0-9]{8}$'
      ORDER BY c.relname
      """;

  private static final String ANY = "SELECT 1 FROM %s LIMIT 1";

  /** Gives up when somebody reads it for long; the next sweep tries again. */
  private static final String DROP = "SET LOCAL lock_timeout = '1s'; DROP TABLE %s";

  /** Served by trace_chunks_other_age. */
  private static final String SWEEP_OTHER =
      "DELETE FROM trace_chunks_other WHERE created_at_ms < $1";

  private final Pool pool;

  TraceStore(Pool pool) {
    this.pool = pool;
  }

  /** Nothing to write. */
  record Probe(long number) {}

  /** One row with who wrote it. */
  record Written(
      UUID traceId, Entry entry, long createdAt, UUID serviceId, UUID instanceId, long clientSeq) {}

  /**
   * What is known of a stream.
   *
   * @param head its newest sequence; 0 for none
   * @param newestAt when that came
   * @param status the newest end; empty for none
   */
  record Known(long head, long newestAt, String status) {}

  /** Reads where a stream is. */
  Future<Known> known(UUID trace) {
    Future<RowSet<Row>> head = pool.preparedQuery(HEAD).execute(Tuple.of(trace));
    Future<RowSet<Row>> status = pool.preparedQuery(STATUS).execute(Tuple.of(trace));
    return Future.all(head, status).map(v -> known(head.result(), status.result()));
  }

  private static Known known(RowSet<Row> head, RowSet<Row> status) {
    String ended = "";
    for (Row row : status) {
      ended = new String(row.getBuffer("data").getBytes(), StandardCharsets.UTF_8);
    }
    for (Row row : head) {
      return new Known(row.getLong("sequence"), row.getLong("created_at_ms"), ended);
    }
    return new Known(0, 0, ended);
  }

  /** The first rows of a key behind a sequence; there may be more when it is a whole page. */
  Future<List<Entry>> page(UUID trace, String key, long after, long upTo) {
    return pool.preparedQuery(ROWS)
        .execute(Tuple.of(trace, after, upTo, key, PAGE))
        .map(
            rows -> {
              List<Entry> entries = new ArrayList<>(rows.size());
              rows.forEach(row -> entries.add(entry(row)));
              return entries;
            });
  }

  private static Entry entry(Row row) {
    return new Entry(
        row.getLong("sequence"),
        Entry.Kind.of(row.getInteger("kind")),
        row.getString("key"),
        row.getBuffer("data").getBytes(),
        row.getLong("dropped"));
  }

  /** The place of what an instance sent under a number; 0 for none. */
  Future<Long> sent(UUID instance, long clientSeq) {
    return pool.preparedQuery(SENT)
        .execute(Tuple.of(instance, clientSeq))
        .map(rows -> rows.size() == 0 ? 0L : rows.iterator().next().getLong("sequence"));
  }

  /** The largest number of an instance; the smallest of all for none. */
  Future<Long> top(UUID instance) {
    return pool.preparedQuery(TOP)
        .execute(Tuple.of(instance))
        .map(
            rows ->
                rows.size() == 0 ? Long.MIN_VALUE : rows.iterator().next().getLong("client_seq"));
  }

  /** Makes the partition of a day, if there is none. */
  Future<Void> partition(LocalDate day) {
    return pool.preparedQuery(PARTITION).execute(Tuple.of(day)).mapEmpty();
  }

  /**
   * Drops the oldest day that is over longer than that, and such rows of odd times. One day at a
   * time: usually there is no more than one, and when a clock has jumped ahead somebody can still
   * set it right before the history is gone. The time is also that of the newest day with a row: a
   * clock that jumps ahead makes nothing old by itself.
   */
  Future<Void> dropOlder(long now, long keep) {
    return pool.query(DAYS)
        .execute()
        .map(rows -> rows.stream().map(row -> row.getString("day")).toList())
        .compose(
            days ->
                newest(days, days.size() - 1)
                    .compose(newest -> dropBefore(days, Math.min(now, newest) - keep)));
  }

  /** When the newest day with a row began; the largest of all for none. */
  private Future<Long> newest(List<String> days, int from) {
    if (from < 0) {
      return Future.succeededFuture(Long.MAX_VALUE);
    }
    String day = days.get(from);
    return pool.query(ANY.formatted(day))
        .execute()
        .compose(
            rows ->
                rows.size() == 0
                    ? newest(days, from - 1)
                    : Future.succeededFuture(millis(date(day))));
  }

  private Future<Void> dropBefore(List<String> days, long before) {
    List<String> over =
        days.stream().filter(day -> millis(date(day).plusDays(1)) <= before).toList();
    if (over.isEmpty()) {
      return sweepOther(before);
    }
    String oldest = over.get(0);
    if (over.size() > 1) {
      LOG.warn(
          "days of trace streams are over, one is dropped a sweep (is the clock right?) days={}"
              + " oldest={} newest={}",
          over.size(),
          oldest,
          over.get(over.size() - 1));
    }
    long upTo = over.size() == 1 ? before : millis(date(oldest).plusDays(1));
    return drop(oldest).compose(v -> sweepOther(upTo));
  }

  private Future<Void> sweepOther(long before) {
    return pool.preparedQuery(SWEEP_OTHER).execute(Tuple.of(before)).mapEmpty();
  }

  private static LocalDate date(String day) {
    return LocalDate.parse(day.substring(day.length() - 8), DateTimeFormatter.BASIC_ISO_DATE);
  }

  private static long millis(LocalDate date) {
    return date.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
  }

  private Future<Void> drop(String day) {
    LOG.info("partition of trace streams dropped day={}", day);
    return pool.withTransaction(c -> c.query(DROP.formatted(day)).execute().mapEmpty());
  }
}
