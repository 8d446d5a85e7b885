package io.trestle.examples.orderflow;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.PooledConnection;
import org.postgresql.ds.PGConnectionPoolDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The database of a service, as small a pool as there can be: a connection that is closed is kept
 * for whoever asks next, one that broke is not. As many as are in use at once; whoever handles
 * events or calls bounds these. An application of your own has a pool already, and gives that to
 * the SDK.
 */
public final class Connections extends PGSimpleDataSource implements AutoCloseable {
  private static final long serialVersionUID = 1L;

  private final transient PGConnectionPoolDataSource source = new PGConnectionPoolDataSource();
  private final transient BlockingQueue<PooledConnection> idle = new LinkedBlockingQueue<>();

  private Connections() {}

  /** To the database that the environment names. */
  public static Connections of(Environment environment) {
    Connections connections = new Connections();
    connections.source.setUrl(environment.text(Environment.DATABASE_URL));
    connections.source.setUser(environment.text(Environment.DATABASE_USER));
    connections.source.setPassword(environment.text(Environment.DATABASE_PASSWORD));
    return connections;
  }

  @Override
  public Connection getConnection() throws SQLException {
    PooledConnection kept = idle.poll();
    return (kept == null ? open() : kept).getConnection();
  }

  @Override
  public void close() throws SQLException {
    for (PooledConnection kept = idle.poll(); kept != null; kept = idle.poll()) {
      kept.close();
    }
  }

  private PooledConnection open() throws SQLException {
    PooledConnection made = source.getPooledConnection();
    made.addConnectionEventListener(new Keeper(made));
    return made;
  }

  /** Keeps a connection when its user closes it. */
  private final class Keeper implements ConnectionEventListener {
    private final PooledConnection connection;
    private boolean broken;

    Keeper(PooledConnection connection) {
      this.connection = connection;
    }

    @Override
    public void connectionClosed(ConnectionEvent event) {
      if (!broken) {
        idle.add(connection);
      }
    }

    @Override
    public void connectionErrorOccurred(ConnectionEvent event) {
      broken = true;
    }
  }
}
