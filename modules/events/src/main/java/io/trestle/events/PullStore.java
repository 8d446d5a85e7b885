package io.trestle.events;

import io.trestle.kernel.pipeline.StatementKind;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** All SQL of subscriptions over HTTP: {@code event_http_subscriptions}. */
final class PullStore {
  /** Served by the primary key of event_http_subscriptions. */
  static final StatementKind<Tuning> KEEP =
      StatementKind.of("events.http_subscription", Tuning.class)
          .sql(
              """
              INSERT INTO event_http_subscriptions AS h
                (consumer, max_in_flight, lease_ms, max_attempts, retry_ms)
              SELECT * FROM unnest($1::int4[], $2::int4[], $3::int8[], $4::int4[], $5::text[])
              ON CONFLICT (consumer) DO UPDATE
              SET max_in_flight = excluded.max_in_flight, lease_ms = excluded.lease_ms,
                  max_attempts = excluded.max_attempts, retry_ms = excluded.retry_ms
              """)
          .int4(Tuning::consumer)
          .int4(Tuning::maxInFlight)
          .int8(Tuning::leaseMillis)
          .int4(Tuning::maxAttempts)
          .text(Tuning::retryText)
          .conflictKey(Tuning::consumer)
          .priority(25)
          .build();

  /** Served by the primary key of event_http_subscriptions. */
  static final StatementKind<Gone> DROP =
      StatementKind.of("events.http_subscription_gone", Gone.class)
          .sql(
              """
              DELETE FROM event_http_subscriptions h USING unnest($1::int4[]) AS g(consumer)
              WHERE h.consumer = g.consumer
              """)
          .int4(Gone::consumer)
          .priority(26)
          .build();

  private static final String ALL =
      "SELECT consumer, max_in_flight, lease_ms, max_attempts, retry_ms"
          + " FROM event_http_subscriptions";

  private final Pool pool;

  PullStore(Pool pool) {
    this.pool = pool;
  }

  /** How one hands out; 0 and nothing are the settings of the runtime. */
  record Tuning(
      int consumer, int maxInFlight, long leaseMillis, int maxAttempts, List<Long> retryMillis) {
    String retryText() {
      return retryMillis.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
  }

  record Gone(int consumer) {}

  /** All of them, by the number of the consumer. */
  Future<Map<Integer, Tuning>> all() {
    return pool.query(ALL)
        .execute()
        .map(
            rows -> {
              Map<Integer, Tuning> all = new HashMap<>();
              rows.forEach(row -> all.put(row.getInteger("consumer"), tuning(row)));
              return all;
            });
  }

  private static Tuning tuning(Row row) {
    String retry = row.getString("retry_ms");
    return new Tuning(
        row.getInteger("consumer"),
        row.getInteger("max_in_flight"),
        row.getLong("lease_ms"),
        row.getInteger("max_attempts"),
        retry.isEmpty() ? List.of() : Arrays.stream(retry.split(",")).map(Long::valueOf).toList());
  }
}
