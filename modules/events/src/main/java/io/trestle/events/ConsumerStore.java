package io.trestle.events;

import io.trestle.events.core.Trouble;
import io.trestle.kernel.pipeline.Lane;
import io.trestle.kernel.pipeline.StatementKind;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/**
 * All SQL of consumers: {@code event_consumers}, {@code event_subscriptions}, {@code
 * event_troubles}, {@code event_checkpoint}.
 */
final class ConsumerStore {
  /** Served by the primary key of event_consumers. */
  static final StatementKind<Consumer> KEEP_CONSUMER =
      StatementKind.of("events.consumer", Consumer.class)
          .sql(
              """
              INSERT INTO event_consumers
                (number, kind, owner_id, group_name, floor, finished, pending, offline_since_ms,
                 created_at_ms)
              SELECT c.number, c.kind, c.owner_id, c.group_name, c.floor, '{}', 0, c.offline, c.at
              FROM unnest($1::int4[], $2::text[], $3::uuid[], $4::text[], $5::int8[], $6::int8[],
                $7::int8[]) AS c(number, kind, owner_id, group_name, floor, offline, at)
              ON CONFLICT (number) DO NOTHING
              """)
          .int4(Consumer::number)
          .text(Consumer::kind)
          .uuid(Consumer::owner)
          .text(Consumer::group)
          .int8(c -> c.progress().floor())
          .int8(c -> c.progress().offlineSince())
          .int8(Consumer::createdAt)
          .priority(20)
          .build();

  /** Served by the primary key of event_subscriptions. */
  static final StatementKind<Wanted> KEEP_SUBSCRIPTION =
      StatementKind.of("events.subscription", Wanted.class)
          .sql(
              """
              INSERT INTO event_subscriptions AS s
                (number, consumer, service_id, pattern, filter, options, effective, ttl_ms)
              SELECT * FROM unnest($1::int4[], $2::int4[], $3::uuid[], $4::text[], $5::text[],
                $6::text[], $7::bool[], $8::int8[])
              ON CONFLICT (number) DO UPDATE
              SET options = excluded.options, effective = excluded.effective,
                  ttl_ms = excluded.ttl_ms
              """)
          .int4(Wanted::number)
          .int4(Wanted::consumer)
          .uuid(Wanted::service)
          .text(Wanted::pattern)
          .text(Wanted::filter)
          .text(Wanted::options)
          .bool(Wanted::effective)
          .int8(Wanted::ttlMillis)
          .conflictKey(Wanted::number)
          .priority(21)
          .build();

  /** Served by the primary key of event_consumers. */
  static final StatementKind<Progress> KEEP_PROGRESS =
      StatementKind.of("events.progress", Progress.class)
          .sql(
              """
              UPDATE event_consumers c
              SET floor = p.floor, finished = p.finished::int8multirange, pending = p.pending,
                  offline_since_ms = p.offline, holders = p.holders
              FROM unnest($1::int4[], $2::int8[], $3::text[], $4::int8[], $5::int8[], $6::text[])
                AS p(number, floor, finished, pending, offline, holders)
              WHERE c.number = p.number
              """)
          .int4(Progress::consumer)
          .int8(Progress::floor)
          .text(Progress::finished)
          .int8(Progress::pending)
          .int8(Progress::offlineSince)
          .text(Progress::holders)
          .conflictKey(Progress::consumer)
          .priority(22)
          .build();

  /** Served by the primary key of event_checkpoint, of one row. */
  static final StatementKind<Checkpoint> KEEP_CHECKPOINT =
      StatementKind.of("events.checkpoint", Checkpoint.class)
          .sql("UPDATE event_checkpoint SET seq = c.seq FROM unnest($1::int8[]) AS c(seq)")
          .int8(Checkpoint::position)
          .conflictKey(c -> "one")
          .priority(23)
          .build();

  /** Served by the primary key of event_troubles. */
  static final StatementKind<Troubled> KEEP_TROUBLE =
      StatementKind.of("events.trouble", Troubled.class)
          .sql(
              """
              INSERT INTO event_troubles AS t (consumer, seq, attempts, losses, due_at_ms, error)
              SELECT * FROM unnest($1::int4[], $2::int8[], $3::int4[], $4::int4[], $5::int8[],
                $6::text[])
              ON CONFLICT (consumer, seq) DO UPDATE
              SET attempts = excluded.attempts, losses = excluded.losses,
                  due_at_ms = excluded.due_at_ms, error = excluded.error
              """)
          .int4(Troubled::consumer)
          .int8(Troubled::position)
          .int4(t -> t.trouble().attempts())
          .int4(t -> t.trouble().losses())
          .int8(t -> t.trouble().dueAt())
          .text(t -> t.trouble().error())
          .conflictKey(t -> List.of(t.consumer(), t.position()))
          .lane(Lane.DURABLE)
          .priority(24)
          .build();

  private static final String CONSUMERS =
      """
      SELECT number, kind, owner_id, group_name, floor, finished::text AS finished, pending,
        offline_since_ms, holders, created_at_ms
      FROM event_consumers ORDER BY number
      """;

  private static final String SUBSCRIPTIONS =
      """
      SELECT number, consumer, service_id, pattern, filter, options, effective, ttl_ms
      FROM event_subscriptions ORDER BY number
      """;

  /** Served by the primary keys. */
  private static final String TROUBLES =
      """
      SELECT t.consumer, t.seq, t.attempts, t.losses, t.due_at_ms, t.error
      FROM event_troubles t JOIN event_consumers c ON c.number = t.consumer
      WHERE t.seq > c.floor AND NOT c.finished @> t.seq
      """;

  /** Served by the primary key of services. */
  private static final String OWNERS_GONE =
      """
      SELECT DISTINCT c.owner_id FROM event_consumers c
      WHERE NOT EXISTS (SELECT 1 FROM services s WHERE s.id = c.owner_id)
      """;

  private static final String CHECKPOINT = "SELECT seq FROM event_checkpoint";

  /** Served by the primary key of event_troubles. */
  private static final String SWEEP_TROUBLES =
      """
      DELETE FROM event_troubles t USING event_consumers c
      WHERE c.number = t.consumer AND (t.seq <= c.floor OR c.finished @> t.seq)
      """;

  private final Pool pool;

  ConsumerStore(Pool pool) {
    this.pool = pool;
  }

  /** One consumer: a service with a group, or an HTTP subscription. */
  record Consumer(
      int number, String kind, UUID owner, String group, long createdAt, Progress progress) {}

  /**
   * How far a consumer is.
   *
   * @param finished text of an {@code int8multirange}
   * @param holders who had a stream, and who held what of lanes; see {@link Holders}
   */
  record Progress(
      int consumer, long floor, String finished, long pending, long offlineSince, String holders) {}

  /**
   * One subscription that a consumer has or had.
   *
   * @param options its retry policy as JSON, or empty
   * @param ttlMillis how long a delivery may wait for an instance; 0 = the setting
   */
  record Wanted(
      int number,
      int consumer,
      UUID service,
      String pattern,
      String filter,
      String options,
      boolean effective,
      long ttlMillis) {
    /** The same, as effective as this. */
    Wanted effective(boolean now) {
      return new Wanted(number, consumer, service, pattern, filter, options, now, ttlMillis);
    }
  }

  record Checkpoint(long position) {}

  record Troubled(int consumer, long position, Trouble trouble) {}

  Future<List<Consumer>> consumers() {
    return list(CONSUMERS, ConsumerStore::consumer);
  }

  Future<List<Wanted>> subscriptions() {
    return list(
        SUBSCRIPTIONS,
        row ->
            new Wanted(
                row.getInteger("number"),
                row.getInteger("consumer"),
                row.getUUID("service_id"),
                row.getString("pattern"),
                row.getString("filter"),
                row.getString("options"),
                row.getBoolean("effective"),
                row.getLong("ttl_ms")));
  }

  Future<List<Troubled>> troubles() {
    return list(
        TROUBLES,
        row ->
            new Troubled(
                row.getInteger("consumer"),
                row.getLong("seq"),
                new Trouble(
                    row.getInteger("attempts"),
                    row.getInteger("losses"),
                    row.getLong("due_at_ms"),
                    row.getString("error"),
                    null)));
  }

  /** Services that have consumers and do not exist any more. */
  Future<List<UUID>> ownersGone() {
    return list(OWNERS_GONE, row -> row.getUUID("owner_id"));
  }

  Future<Long> checkpoint() {
    return pool.query(CHECKPOINT).execute().map(rows -> rows.iterator().next().getLong(0));
  }

  /** Deletes what is known of deliveries that are finished; completes with how many. */
  Future<Integer> sweepTroubles() {
    return pool.preparedQuery(SWEEP_TROUBLES).execute(Tuple.tuple()).map(rows -> rows.rowCount());
  }

  private <T> Future<List<T>> list(String sql, Function<Row, T> mapper) {
    return pool.query(sql)
        .execute()
        .map(
            rows -> {
              List<T> list = new ArrayList<>(rows.size());
              rows.forEach(row -> list.add(mapper.apply(row)));
              return list;
            });
  }

  private static Consumer consumer(Row row) {
    int number = row.getInteger("number");
    return new Consumer(
        number,
        row.getString("kind"),
        row.getUUID("owner_id"),
        row.getString("group_name"),
        row.getLong("created_at_ms"),
        new Progress(
            number,
            row.getLong("floor"),
            row.getString("finished"),
            row.getLong("pending"),
            row.getLong("offline_since_ms"),
            row.getString("holders")));
  }
}
