package io.trestle.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.pgclient.PgConnectOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestPostgresTest {

  @Test
  void newDatabase_calledTwice_givesSeparateDurableDatabases() {
    PgConnectOptions one = TestPostgres.newDatabase("CREATE TABLE t (id int)");
    PgConnectOptions two = TestPostgres.newDatabase("CREATE TABLE t (id int)");
    TestPostgres.execute(one, "INSERT INTO t VALUES (1)");

    assertThat(TestPostgres.query(one, "SELECT id FROM t")).isEqualTo(List.of(List.of("1")));
    assertThat(TestPostgres.query(two, "SELECT id FROM t")).isEmpty();
    assertThat(TestPostgres.query(two, "SHOW fsync")).isEqualTo(List.of(List.of("on")));
  }
}
