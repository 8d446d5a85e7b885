package io.trestle.kernel.database;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One answer to "is the database there?", with one log line and one metric per change
 * (foundation.md 2.1).
 *
 * <p>AWAY begins when the control connection is lost, or when somebody reports trouble of its own
 * connection (the pipeline, whose lane may be cut while ours is fine). It ends when the control
 * connection has recovered, or, if it never was lost, when it answers a probe. Trouble that comes
 * back right after a recovery makes the next probe wait longer, so that a fault that only others
 * see does not flap at the speed of a round trip.
 */
final class Availability {
  private static final Logger LOG = LoggerFactory.getLogger(Availability.class);
  private static final long STABLE_NANOS = 10_000_000_000L;

  private final Vertx vertx;
  private final ControlConnection control;
  private final MeterRegistry meters;
  private final List<Consumer<DatabaseState>> listeners = new CopyOnWriteArrayList<>();
  private final Backoff backoff;
  private volatile DatabaseState state = DatabaseState.AVAILABLE;
  private long changedNanos = System.nanoTime();
  private boolean recovering;

  Availability(
      Vertx vertx, ControlConnection control, MeterRegistry meters, DatabaseOptions options) {
    this.vertx = vertx;
    this.control = control;
    this.meters = meters;
    this.backoff = new Backoff(options.backoffFirst().toMillis(), options.backoffLast().toMillis());
    Gauge.builder("trestle.database.available", () -> state == DatabaseState.AVAILABLE ? 1 : 0)
        .description("1 while PostgreSQL answers")
        .strongReference(true)
        .register(meters);
    control.addListener(
        new ControlConnection.Listener() {
          @Override
          public void down(Throwable cause) {
            recovering = true;
            change(DatabaseState.AWAY, String.valueOf(cause.getMessage()));
          }

          @Override
          public void up() {
            recovering = false;
            change(DatabaseState.AVAILABLE, "reconnected");
          }
        });
  }

  DatabaseState state() {
    return state;
  }

  void onChange(Consumer<DatabaseState> listener) {
    listeners.add(listener);
  }

  /** Somebody's own connection failed; called from any thread. */
  void reportTrouble(Throwable cause) {
    control.onHome(
        () -> {
          if (state == DatabaseState.AVAILABLE && !control.isClosed()) {
            if (System.nanoTime() - changedNanos > STABLE_NANOS) {
              backoff.reset();
            }
            change(DatabaseState.AWAY, String.valueOf(cause.getMessage()));
            probeLater();
          }
          return Future.succeededFuture();
        });
  }

  private void probeLater() {
    vertx.setTimer(
        backoff.next(),
        id ->
            control
                .check(connection -> connection.query("SELECT 1").execute())
                .onSuccess(
                    rows -> {
                      if (!recovering) {
                        change(DatabaseState.AVAILABLE, "answers");
                      }
                    })
                .onFailure(
                    e -> {
                      if (!recovering && !control.isClosed()) {
                        probeLater();
                      }
                    }));
  }

  private void change(DatabaseState next, String reason) {
    if (state == next || control.isClosed()) {
      return;
    }
    state = next;
    changedNanos = System.nanoTime();
    meters
        .counter("trestle.database.changes", "to", next.name().toLowerCase(Locale.ROOT))
        .increment();
    if (next == DatabaseState.AWAY) {
      LOG.warn("database state={} reason={}", next, Dsn.mask(reason));
    } else {
      LOG.info("database state={} reason={}", next, reason);
    }
    listeners.forEach(l -> l.accept(next));
  }
}
