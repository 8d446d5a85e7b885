package io.trestle.kernel.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Proves of a statement kind what the pipeline takes for granted (foundation 3.2): running it twice
 * leaves what running it once leaves. Made for the tests of the modules that declare kinds.
 */
public final class KindIdempotence {

  private static final String TABLES =
      "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
          + " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";

  private KindIdempotence() {}

  /**
   * Runs {@code rows} of a kind twice and compares all tables of the database. Fails as well when
   * the first run changed nothing, since that proves nothing. Bring what the rows refer to
   * yourself.
   */
  public static <R> void check(
      Vertx vertx, PgConnectOptions database, StatementKind<R> kind, List<? extends R> rows) {
    List<String> before = contents(database);
    run(vertx, database, kind, rows);
    List<String> once = contents(database);
    assertThat(once).as("%s changes something", kind.name()).isNotEqualTo(before);
    run(vertx, database, kind, rows);
    assertThat(contents(database)).as("%s twice is %s once", kind, kind).isEqualTo(once);
  }

  private static <R> void run(
      Vertx vertx, PgConnectOptions database, StatementKind<R> kind, List<? extends R> rows) {
    List<BatchPlan.Statement> plan =
        BatchPlan.of(List.of(new Unit(Write.ofAll(kind, rows).build())));
    Future<Void> done =
        PgConnection.connect(vertx, database)
            .compose(connection -> runAll(connection, plan).eventually(connection::close));
    try {
      done.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(kind.name() + " failed", e);
    }
  }

  private static Future<Void> runAll(PgConnection connection, List<BatchPlan.Statement> plan) {
    Future<Void> last = Future.succeededFuture();
    for (BatchPlan.Statement statement : plan) {
      StatementKind<?> kind = statement.kind();
      last =
          last.compose(
              v ->
                  connection
                      .preparedQuery(kind.sql())
                      .execute(kind.arrays(statement.rows()))
                      .mapEmpty());
    }
    return last;
  }

  private static List<String> contents(PgConnectOptions database) {
    List<String> contents = new ArrayList<>();
    for (List<?> table : TestPostgres.query(database, TABLES)) {
      String name = String.valueOf(table.get(0));
      TestPostgres.query(database, "SELECT t::text FROM " + name + " t ORDER BY 1")
          .forEach(row -> contents.add(name + " " + row.get(0)));
    }
    return contents;
  }
}
