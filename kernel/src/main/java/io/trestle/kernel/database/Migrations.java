package io.trestle.kernel.database;

import io.trestle.kernel.database.MigrationPlan.Applied;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forward-only migrations of all modules in one pass (foundation.md 2.6).
 *
 * <p>Nearly every start finds nothing to do, so the question is asked cheaply: two statements on
 * the control connection and a checksum of each script. Only when something is pending the schema
 * lock is taken (a {@code -migrate} beside us waits for it), the question is asked again, and
 * Flyway is loaded, on a worker, with its own connections (at most {@link
 * ConnectionBudget#MIGRATIONS} at a time; nothing else of this process is connected then).
 */
final class Migrations {
  private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
  private static final long POLL_MILLIS = 200;
  private static final long LOCK_WAIT_NANOS = 60_000_000_000L;

  /** Index on {@code pg_class (relname, relnamespace)}. */
  private static final String TABLES =
      """
      SELECT c.relname::text AS name FROM pg_class c
      WHERE c.relname = ANY($1::text[]) AND c.relnamespace = 'public'::regnamespace
      """;

  /** A handful of rows a table. The baseline row marks "not empty before us". */
  private static final String HISTORY =
      """
      SELECT '%s' AS module, version, checksum, success FROM public.%s
      WHERE version IS NOT NULL AND type <> 'BASELINE'
      """;

  private final Vertx vertx;
  private final ControlConnection control;
  private final Dsn dsn;
  private final List<MigrationSet> sets;
  private final Map<String, Map<Integer, Integer>> scripts = new LinkedHashMap<>();

  Migrations(Vertx vertx, ControlConnection control, Dsn dsn, List<MigrationSet> sets) {
    this.vertx = vertx;
    this.control = control;
    this.dsn = dsn;
    this.sets = List.copyOf(sets);
  }

  /** Brings every module up to date; completes with the number of scripts applied. */
  Future<Integer> run() {
    return vertx
        .executeBlocking(
            () -> {
              sets.forEach(set -> scripts.put(set.module(), MigrationScripts.read(set)));
              return scripts;
            })
        .compose(v -> pending())
        .compose(pending -> pending.isEmpty() ? Future.succeededFuture(0) : applyLocked());
  }

  private Future<Integer> applyLocked() {
    return lock(System.nanoTime() + LOCK_WAIT_NANOS)
        .compose(
            v ->
                pending()
                    .compose(this::apply)
                    .eventually(() -> control.use(c -> KernelStore.unlock(c, KernelStore.SCHEMA))));
  }

  private Future<Void> lock(long deadlineNanos) {
    return control
        .use(connection -> KernelStore.tryLock(connection, KernelStore.SCHEMA))
        .compose(
            done -> {
              if (done) {
                return Future.succeededFuture();
              }
              if (System.nanoTime() < deadlineNanos) {
                return control.delay(POLL_MILLIS).compose(v -> lock(deadlineNanos));
              }
              return Future.failedFuture(
                  new DatabaseFailure(
                      DatabaseFailure.Kind.LOCKED,
                      "another process is still migrating this database after 60 s"));
            });
  }

  /** Modules with their pending versions. */
  private Future<Map<String, List<Integer>>> pending() {
    return control.use(
        connection ->
            existingTables(connection)
                .compose(tables -> history(connection, tables))
                .map(this::plan));
  }

  private Map<String, List<Integer>> plan(Map<String, List<Applied>> history) {
    Map<String, List<Integer>> pending = new LinkedHashMap<>();
    scripts.forEach(
        (module, files) -> {
          List<Integer> versions =
              MigrationPlan.pending(module, files, history.getOrDefault(module, List.of()));
          if (!versions.isEmpty()) {
            pending.put(module, versions);
          }
        });
    return pending;
  }

  private Future<List<String>> existingTables(PgConnection connection) {
    String[] names = sets.stream().map(MigrationSet::table).toArray(String[]::new);
    return connection
        .preparedQuery(TABLES)
        .execute(Tuple.tuple().addArrayOfString(names))
        .map(
            rows -> {
              List<String> found = new ArrayList<>();
              rows.forEach(row -> found.add(row.getString("name")));
              return found;
            });
  }

  private Future<Map<String, List<Applied>>> history(PgConnection connection, List<String> tables) {
    String sql =
        sets.stream()
            .filter(set -> tables.contains(set.table()))
            .map(set -> HISTORY.formatted(set.module(), set.table()))
            .collect(Collectors.joining("UNION ALL\n"));
    return sql.isEmpty()
        ? Future.succeededFuture(Map.of())
        : connection.query(sql).execute().map(Migrations::byModule);
  }

  private static Map<String, List<Applied>> byModule(RowSet<Row> rows) {
    Map<String, List<Applied>> history = new HashMap<>();
    for (Row row : rows) {
      history
          .computeIfAbsent(row.getString("module"), m -> new ArrayList<>())
          .add(
              new Applied(
                  Integer.parseInt(row.getString("version")),
                  row.getInteger("checksum"),
                  row.getBoolean("success")));
    }
    return history;
  }

  private Future<Integer> apply(Map<String, List<Integer>> pending) {
    return vertx.executeBlocking(
        () -> {
          int applied = 0;
          for (MigrationSet set : sets) {
            if (pending.containsKey(set.module())) {
              LOG.info("migrating module={} versions={}", set.module(), pending.get(set.module()));
              applied += FlywayRun.migrate(dsn, set);
            }
          }
          return applied;
        });
  }
}
