package io.trestle.examples.orderflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionsTest {
  private static final String MY_PID = "SELECT pg_backend_pid()";

  private final Connections database = TestDatabase.create();

  @AfterEach
  void close() throws SQLException {
    database.close();
  }

  @Test
  void connection_closed_isKeptForTheNext() throws SQLException {
    long first = TestDatabase.number(database, MY_PID);

    assertThat(TestDatabase.number(database, MY_PID)).isEqualTo(first);
  }

  @Test
  void connection_closedInATransaction_isRolledBackAndCommitsByItselfAgain() throws SQLException {
    try (Connection left = database.getConnection();
        Statement statement = left.createStatement()) {
      left.setAutoCommit(false);
      statement.execute("CREATE TABLE half (id integer)");
    }

    try (Connection next = database.getConnection()) {
      assertThat(next.getAutoCommit()).isTrue();
    }
    assertThat(
            TestDatabase.number(database, "SELECT count(*) FROM pg_class WHERE relname = 'half'"))
        .isZero();
  }

  @Test
  void connection_broken_isNotKept() throws SQLException {
    try (Connection broken = database.getConnection();
        Statement statement = broken.createStatement()) {
      assertThatThrownBy(() -> statement.execute("SELECT pg_terminate_backend(pg_backend_pid())"))
          .isInstanceOf(SQLException.class);
    }

    assertThat(TestDatabase.number(database, "SELECT 1")).isEqualTo(1);
  }
}
