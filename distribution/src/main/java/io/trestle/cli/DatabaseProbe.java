package io.trestle.cli;

import io.trestle.kernel.database.DatabaseFailure;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.UrlDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Asks a database whether a kernel could use it. Blocking. */
final class DatabaseProbe implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final int OLDEST = 160_000;
  private static final String SUBJECT = "database";

  /** One row, no table. */
  private static final String FACTS =
      """
      SELECT clock_timestamp() AS now, current_setting('server_version') AS version,
             current_setting('server_version_num')::int4 AS version_number,
             concat_ws(', ',
               CASE WHEN current_setting('fsync') <> 'on' THEN 'fsync' END,
               CASE WHEN current_setting('full_page_writes') <> 'on' THEN 'full_page_writes' END,
               CASE WHEN current_setting('synchronous_commit') <> 'on' THEN 'synchronous_commit' END) AS unsafe
      """;

  /** Primary key. */
  private static final String PORTS =
      """
      SELECT key, value FROM runtime_settings WHERE key LIKE 'network.%'
      """;

  private final Vertx vertx = Vertx.vertx();

  /**
   * What the database said.
   *
   * @param clock what time it is there, as of the end of the probe
   * @param settings stored network settings; none before the first migration
   */
  record Answer(Finding finding, Optional<Instant> clock, Map<String, String> settings) {}

  Answer ask(String url, boolean allowUnsafe, InstantSource clock) {
    try {
      Dsn dsn = Dsn.parse(url);
      return look(dsn, allowUnsafe, clock).toCompletionStage().toCompletableFuture().join();
    } catch (DatabaseFailure e) {
      return unusable(e);
    } catch (CompletionException e) {
      return unusable(e.getCause() == null ? e : e.getCause());
    }
  }

  private static Answer unusable(Throwable e) {
    String text = Dsn.mask(String.valueOf(e.getMessage()));
    return new Answer(
        Finding.problem(SUBJECT, text, "start PostgreSQL, or correct the URL"),
        Optional.empty(),
        Map.of());
  }

  private Future<Answer> look(Dsn dsn, boolean allowUnsafe, InstantSource clock) {
    DatabaseOptions times =
        DatabaseOptions.standard().withStartTimes(PATIENCE, PATIENCE.multipliedBy(2), PATIENCE);
    return new UrlDatabase(vertx, dsn)
        .start(times)
        .compose(reached -> PgConnection.connect(vertx, reached.connectOptions()))
        .compose(
            connection ->
                ports(connection)
                    .compose(ports -> facts(connection, dsn, allowUnsafe, ports, clock))
                    .eventually(connection::close));
  }

  private static Future<Map<String, String>> ports(PgConnection connection) {
    return connection
        .query(PORTS)
        .execute()
        .map(DatabaseProbe::byKey)
        .otherwise(Map.of()); // not migrated yet
  }

  private static Map<String, String> byKey(RowSet<Row> rows) {
    Map<String, String> values = new HashMap<>();
    rows.forEach(row -> values.put(row.getString("key"), row.getString("value")));
    return values;
  }

  private static Future<Answer> facts(
      PgConnection connection,
      Dsn dsn,
      boolean allowUnsafe,
      Map<String, String> ports,
      InstantSource clock) {
    Instant asked = clock.instant();
    return connection
        .query(FACTS)
        .execute()
        .map(
            rows -> {
              Row row = rows.iterator().next();
              Duration halfWay = Duration.between(asked, clock.instant()).dividedBy(2);
              Instant now = row.get(OffsetDateTime.class, "now").toInstant().plus(halfWay);
              return new Answer(judge(row, dsn, allowUnsafe), Optional.of(now), ports);
            });
  }

  private static Finding judge(Row row, Dsn dsn, boolean allowUnsafe) {
    String what = "PostgreSQL %s at %s".formatted(row.getString("version"), dsn.masked());
    if (row.getInteger("version_number") < OLDEST) {
      return Finding.problem(
          SUBJECT, what + " is too old (expected: 16 or newer)", "upgrade PostgreSQL");
    }
    String unsafe = row.getString("unsafe");
    if (!unsafe.isEmpty() && !allowUnsafe) {
      return Finding.problem(
          SUBJECT,
          what + " does not keep what it acknowledges: off is " + unsafe + " (expected: on)",
          "switch it on, or accept losses with database.allow_unsafe: true");
    }
    return Finding.good(SUBJECT, what);
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
