package io.trestle.sdk.outbox.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trestle.kernel.TestPostgres;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.outbox.EventCourier;
import io.trestle.sdk.outbox.FakeCourier;
import io.trestle.sdk.outbox.OutboxContract.Message;
import io.vertx.pgclient.PgConnectOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** A database of an application, with business data and the table of an outbox. */
final class OutboxDatabase {
  static final EventType<byte[]> PLACED = FakeCourier.type("order.placed");

  private final PgConnectOptions database =
      TestPostgres.newDatabase("CREATE TABLE orders (id TEXT)");
  private final PGSimpleDataSource source = new PGSimpleDataSource();

  OutboxDatabase() {
    source.setServerNames(new String[] {database.getHost()});
    source.setPortNumbers(new int[] {database.getPort()});
    source.setDatabaseName(database.getDatabase());
    source.setUser(database.getUser());
    source.setPassword(database.getPassword());
    JdbcOutbox.createTable(source);
  }

  DataSource source() {
    return source;
  }

  JdbcOutbox open(EventCourier courier) {
    return open(courier, JdbcOutboxOptions.DEFAULT);
  }

  JdbcOutbox open(EventCourier courier, JdbcOutboxOptions options) {
    return JdbcOutbox.open(courier, source, options);
  }

  Connection begin() throws SQLException {
    Connection connection = source.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  static String publish(JdbcOutbox outbox, Connection transaction, String text, String lane)
      throws SQLException {
    return outbox.publish(transaction, PLACED, text.getBytes(UTF_8), PublishOptions.keyed(lane));
  }

  /** In a transaction of its own. */
  String publish(JdbcOutbox outbox, String text, String lane) throws SQLException {
    try (Connection transaction = begin()) {
      String id = publish(outbox, transaction, text, lane);
      transaction.commit();
      return id;
    }
  }

  /** In one transaction. */
  void publish(JdbcOutbox outbox, List<Message> messages) throws SQLException {
    try (Connection transaction = begin()) {
      for (Message message : messages) {
        String unused = publish(outbox, transaction, message.text(), message.lane());
      }
      transaction.commit();
    }
  }

  void execute(String sql) {
    TestPostgres.execute(database, sql);
  }

  List<List<@Nullable String>> query(String sql) {
    return TestPostgres.query(database, sql);
  }

  @Nullable String one(String sql) {
    return query(sql).get(0).get(0);
  }
}
