package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.events.LetterStore.Wanted;
import io.trestle.kernel.TestPostgres;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** No statement reads a large table from end to end, whatever is known of its parameters. */
class LetterStoreTest {
  private static final UUID SERVICE = new UUID(0, 7);
  private static final Wanted ALL = new Wanted(null, null, null);
  private static final Wanted ONE_SERVICE = new Wanted(SERVICE, null, null);
  private static final Wanted EVERYTHING = new Wanted(SERVICE, "^\\.a$", "rejected");
  private static final String AT = "1000, '00000000-0000-0000-0000-000000000007'::uuid, ";

  private static PgConnectOptions database = new PgConnectOptions();

  @BeforeAll
  static void tables() throws IOException {
    database =
        TestPostgres.newDatabase(
            "CREATE TABLE services (id uuid PRIMARY KEY, name text NOT NULL)",
            script("V1__events.sql"),
            script("V2__operators.sql"),
            """
            INSERT INTO events_dlq
            SELECT gen_random_uuid(), 1 + n % 50, lpad(to_hex(n % 50), 32, '0')::uuid,
              gen_random_uuid(), n, gen_random_uuid(), gen_random_uuid(), 'a', 'payload', '', '',
              '', NULL, n, '', NULL, n, 'rejected', 'no', 1, 0, n, NULL, NULL
            FROM generate_series(1, 100000) AS n
            """,
            """
            INSERT INTO event_log_other
            SELECT gen_random_uuid(), n, gen_random_uuid(), gen_random_uuid(), 'a', 'payload', '',
              '', '', '', NULL, n, '', NULL, n
            FROM generate_series(1, 100000) AS n
            """,
            "ANALYZE");
  }

  private static String script(String name) throws IOException {
    try (InputStream in = LetterStoreTest.class.getResourceAsStream("/db/events/" + name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The plan that serves any parameters: the one after some calls. */
  private static String plan(String sql, String types, String parameters) throws SQLException {
    try (Connection connection = TestPostgres.jdbc(database);
        Statement statement = connection.createStatement()) {
      statement.execute("SET plan_cache_mode = force_generic_plan");
      statement.execute("PREPARE asked(" + types + ") AS " + sql);
      StringBuilder plan = new StringBuilder();
      try (ResultSet rows =
          statement.executeQuery("EXPLAIN (COSTS OFF) EXECUTE asked(" + parameters + ")")) {
        while (rows.next()) {
          plan.append(rows.getString(1)).append('\n');
        }
      }
      return plan.toString();
    }
  }

  /** The planner may choose among the indexes, but it must choose one. */
  private static void assertServed(String plan, String index) {
    assertThat(plan)
        .containsPattern("Index (Only )?Scan.* (using|on) " + index)
        .doesNotContain("Seq Scan on events_dlq", "Seq Scan on event_log_other");
  }

  private static void assertPaged(String plan) {
    assertServed(plan, "events_dlq_(all|list|age)");
    assertThat(plan).as("a page is not sorted out of everything").doesNotContain("->  Sort");
    assertThat(plan).containsPattern("Index Cond: .*dlq_at_ms");
  }

  @Test
  void pages_ofAllServices_followAnIndexByAge() throws SQLException {
    assertPaged(plan(LetterStore.newest(ALL), "int8, uuid, int4", AT + "51"));
    assertPaged(plan(LetterStore.oldest(ALL), "int8, uuid, int8, int4", AT + "9000, 51"));
  }

  @Test
  void pages_ofOneService_followAnIndex() throws SQLException {
    String types = "int8, uuid, int4, uuid";
    String who = ", '" + SERVICE + "'";
    assertPaged(plan(LetterStore.newest(ONE_SERVICE), types, AT + "51" + who));
    assertPaged(
        plan(
            LetterStore.oldest(EVERYTHING),
            "int8, uuid, int8, int4, uuid, text, text",
            AT + "9000, 51" + who + ", '^a$', 'rejected'"));
  }

  @Test
  void ids_areLookedUp() throws SQLException {
    String ids = "ARRAY['00000000-0000-0000-0000-000000000007'::uuid]";
    assertServed(plan(LetterStore.ofIds(ALL), "uuid[]", ids), "events_dlq_event");
  }

  @Test
  void sweepOfOddIds_readsSomeRows() throws SQLException {
    String plan = plan(LogStore.SWEEP_OTHER, "int8, int8, int8, int4", "0, 100000, 50, 1000");
    assertServed(plan, "event_log_other_seq_idx");
    assertThat(plan).contains("Limit");
  }
}
