package io.trestle.kernel.database;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database of this kernel: opened once, shared by everything. Methods may be called from any
 * thread; listeners run on the event loop of the control connection.
 */
public final class Database {
  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  /** A write and what follows it, see {@link DirectWrites#PROMPT}. */
  private static final Duration PATIENCE = DirectWrites.PROMPT.multipliedBy(2);

  private final Vertx vertx;
  private final DatabaseProvider provider;
  private final Dsn dsn;
  private final ConnectionBudget budget;
  private final ServerFacts facts;
  private final ControlConnection control;
  private final Pool pool;
  private final Notifications notifications;
  private final LeaderLock lock;
  private final Availability availability;
  private final DirectWrites writes;
  private final long heartbeatTimer;

  private Database(
      Vertx vertx,
      MeterRegistry meters,
      DatabaseProvider provider,
      DatabaseOptions options,
      Dsn dsn,
      ControlConnection control,
      ServerFacts facts) {
    this.vertx = vertx;
    this.provider = provider;
    this.dsn = dsn;
    this.budget = new ConnectionBudget(dsn.maxConnections());
    this.facts = facts;
    this.control = control;
    this.pool = newPool(vertx, dsn, budget.pool());
    // The order of the steps after a reconnect: the lock, then LISTEN and reading again.
    this.lock = new LeaderLock(control, options);
    this.notifications = new Notifications(control, pool);
    this.availability = new Availability(vertx, control, meters, options);
    this.writes =
        new FencedWrites(pool, lock, () -> availability.state() == DatabaseState.AVAILABLE);
    this.heartbeatTimer = vertx.setPeriodic(options.heartbeat().toMillis(), id -> heartbeat());
  }

  /**
   * Starts the provider, connects, and checks version and durability. Fails with {@link
   * DatabaseFailure} and leaves nothing running. No table is touched and no lock is taken yet.
   */
  public static Future<Database> open(
      Vertx vertx, MeterRegistry meters, DatabaseProvider provider, DatabaseOptions options) {
    return provider
        .start(options)
        .compose(
            dsn -> {
              ControlConnection control =
                  new ControlConnection(vertx, dsn.connectOptions(), options);
              return new ConnectRetry(vertx, options, dsn.masked(), provider::isCancelled)
                  .until(control::open)
                  .compose(v -> control.use(ServerFacts::read))
                  .map(
                      facts -> {
                        facts.check(options.allowUnsafe());
                        LOG.info(
                            "database open dsn={} version={} system_id={}",
                            dsn,
                            facts.versionNumber(),
                            facts.systemId());
                        return new Database(vertx, meters, provider, options, dsn, control, facts);
                      })
                  .recover(e -> control.close().transform(v -> Future.failedFuture(e)));
            })
        .recover(e -> provider.stop().transform(v -> Future.failedFuture(e)));
  }

  /**
   * Connections for queries; as many as the budget leaves. Writes go through the pipeline, else
   * through {@link #writes()}.
   */
  public Pool pool() {
    return pool;
  }

  /** Fenced single statements, for what does not fit the write pipeline. */
  public DirectWrites writes() {
    return writes;
  }

  /**
   * Work for somebody who waits (foundation.md 2.1): refused at once with {@link DatabaseFailure}
   * AWAY while the database is away, and given up when it does not answer within 10 s; it may be
   * done then.
   */
  public <T> Future<T> promptly(Supplier<Future<T>> work) {
    return state() == DatabaseState.AWAY
        ? Future.failedFuture(
            new DatabaseFailure(DatabaseFailure.Kind.AWAY, "the database is away"))
        : work.get().timeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** LISTEN and NOTIFY. */
  public Notifications notifications() {
    return notifications;
  }

  /** The right to serve this database. */
  public LeaderLock leaderLock() {
    return lock;
  }

  /** Whether PostgreSQL answers. */
  public DatabaseState state() {
    return availability.state();
  }

  /** Hears each change of {@link #state}. */
  public void onStateChange(Consumer<DatabaseState> listener) {
    availability.onChange(listener);
  }

  /**
   * Tells that a connection outside the pool was lost or misbehaves. The state becomes AWAY until a
   * probe is answered.
   */
  public void reportTrouble(Throwable cause) {
    availability.reportTrouble(cause);
  }

  /**
   * Applies the pending migrations of all these modules, in order; before anything uses the pool or
   * the pipeline connects. Completes with the number of scripts applied.
   */
  public Future<Integer> migrate(List<MigrationSet> sets) {
    return new Migrations(vertx, control, dsn, sets).run();
  }

  /**
   * How the write pipeline connects, with {@code synchronous_commit=on}; at most {@link
   * ConnectionBudget#LANES} connections.
   */
  public PgConnectOptions connectOptions() {
    return dsn.connectOptions().addProperty("synchronous_commit", "on");
  }

  /** How the connections of the process are divided. */
  public ConnectionBudget budget() {
    return budget;
  }

  /** Where the database is; its text forms mask the password. */
  public Dsn dsn() {
    return dsn;
  }

  /** Identifier of the cluster, made by initdb. */
  public String systemId() {
    return facts.systemId();
  }

  /** Name of the database. */
  public String databaseName() {
    return facts.database();
  }

  /** Gives up the lock, closes every connection and stops the provider. Never fails. */
  public Future<Void> close() {
    vertx.cancelTimer(heartbeatTimer);
    lock.stop();
    return pool.close()
        .transform(v -> control.close())
        .transform(v -> provider.stop())
        .recover(
            e -> {
              LOG.warn("closing the database failed", e);
              return Future.succeededFuture();
            });
  }

  private void heartbeat() {
    KernelInfo kernel = lock.held() ? lock.kernel() : null;
    control
        .<Void>check(
            c ->
                kernel == null
                    ? c.query("SELECT 1").execute().mapEmpty()
                    : KernelStore.heartbeat(c, kernel.id()))
        .onFailure(e -> LOG.debug("heartbeat failed reason={}", e.toString()));
  }

  private static Pool newPool(Vertx vertx, Dsn dsn, int size) {
    return PgBuilder.pool()
        .with(
            new PoolOptions()
                .setMaxSize(size)
                .setConnectionTimeout(5)
                .setConnectionTimeoutUnit(TimeUnit.SECONDS))
        .with(new NetClientOptions().setConnectTimeout(5_000).setTcpKeepAlive(true))
        .connectingTo(dsn.connectOptions())
        .using(vertx)
        .build();
  }
}
