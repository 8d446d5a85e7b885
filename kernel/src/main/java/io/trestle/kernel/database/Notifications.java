package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.pgclient.PgNotification;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * LISTEN and NOTIFY, on the control connection of the process. A notification is a hint that
 * something changed, never the only way to learn of it: whoever listens also re-reads after each
 * reconnect ({@link #onReconnect}), since what was sent meanwhile is lost, and polls every 30 s.
 */
public final class Notifications {
  private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
  private static final Pattern CHANNEL = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
  private static final int PAYLOAD_BYTES = 7_999;
  private static final String NOTIFY = "SELECT pg_notify($1, $2)";

  private final ControlConnection control;
  private final Pool pool;
  private final Map<String, List<Handler<String>>> handlers = new ConcurrentHashMap<>();
  private final List<Supplier<Future<Void>>> rereads = new CopyOnWriteArrayList<>();

  Notifications(ControlConnection control, Pool pool) {
    this.control = control;
    this.pool = pool;
    control.onNotification(this::dispatch);
    control.addStep(this::recover);
  }

  /**
   * Calls {@code handler} with the payload of each notification of a channel, on the event loop of
   * the control connection; it must not block. Completes when LISTEN is in force. While the
   * database is away it fails with AWAY, and LISTEN follows by itself at the reconnect.
   *
   * @param channel lower-case identifier
   */
  public Future<Void> listen(String channel, Handler<String> handler) {
    if (!CHANNEL.matcher(channel).matches()) {
      throw new IllegalArgumentException(
          "channel: " + channel + " (expected: " + CHANNEL.pattern() + ")");
    }
    handlers.computeIfAbsent(channel, c -> new CopyOnWriteArrayList<>()).add(handler);
    return control.use(connection -> connection.query("LISTEN " + channel).execute().mapEmpty());
  }

  /**
   * Adds what must be read again after each reconnect; it runs when LISTEN is in force again and
   * before the database counts as available. A failure is logged and does not stop the others.
   */
  public void onReconnect(Supplier<Future<Void>> reread) {
    rereads.add(reread);
  }

  /**
   * Notifies whoever listens in this database, this process too, on a connection of the pool and
   * outside any transaction of the caller.
   */
  public Future<Void> notify(String channel, String payload) {
    int bytes = payload.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "payload: " + bytes + " bytes (expected: at most " + PAYLOAD_BYTES + ")");
    }
    return pool.preparedQuery(NOTIFY).execute(Tuple.of(channel, payload)).mapEmpty();
  }

  private void dispatch(PgNotification notification) {
    for (Handler<String> handler : handlers.getOrDefault(notification.getChannel(), List.of())) {
      try {
        handler.handle(notification.getPayload());
      } catch (RuntimeException e) {
        LOG.warn("notification handler failed channel={}", notification.getChannel(), e);
      }
    }
  }

  private Future<Void> recover() {
    List<String> channels = new ArrayList<>(handlers.keySet());
    Future<Void> listening =
        channels.isEmpty()
            ? Future.succeededFuture()
            : control.use(c -> c.query(listenAll(channels)).execute().mapEmpty());
    return listening.compose(v -> rereadAll());
  }

  private static String listenAll(List<String> channels) {
    return "LISTEN " + String.join("; LISTEN ", channels);
  }

  private Future<Void> rereadAll() {
    List<Future<Void>> all = new ArrayList<>();
    for (Supplier<Future<Void>> reread : rereads) {
      all.add(
          Future.<Void>succeededFuture()
              .compose(v -> reread.get())
              .recover(
                  e -> {
                    LOG.warn("reading again after a reconnect failed", e);
                    return Future.succeededFuture();
                  }));
    }
    return Future.all(all).mapEmpty();
  }
}
