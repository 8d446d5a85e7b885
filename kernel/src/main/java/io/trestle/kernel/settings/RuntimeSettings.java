package io.trestle.kernel.settings;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.kernel.database.Notifications;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.SqlClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live settings of one kernel, fed by the table {@code runtime_settings}.
 *
 * <p>The whole table is read at the start, after each notification, after each own write and at
 * each poll; one read runs at a time, and whoever asks meanwhile is served by the next one, so that
 * a burst of changes costs two reads. What a read means is decided by {@link SettingsState}; here
 * is only who reads, when, and who is told. The state is replaced on one event loop and read from
 * any thread. When the database is away the last state stays in force.
 */
public final class RuntimeSettings implements Settings {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeSettings.class);
  private static final long QUERY_TIMEOUT_MS = 10_000;
  private static final Set<String> FAULTS_OF_OURS = Set.of("22", "23", "42");

  /** Channel of the trigger on the table. */
  public static final String CHANNEL = "settings_changed";

  /** How often the table is read when nothing is heard. */
  public static final Duration POLL_INTERVAL = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final Context owner;
  private final SqlClient client;
  private SettingsStore store;
  private final Duration pollInterval;
  private final List<Listener<?>> listeners = new CopyOnWriteArrayList<>();
  private final List<Promise<Void>> waiting = new ArrayList<>();
  private volatile SettingsState state;
  private volatile BooleanSupplier writable = () -> true;
  private boolean started;
  private boolean reading;
  private boolean failing;
  private @Nullable Long pollTimer;

  /**
   * Settings with their defaults; nothing is read before {@link #start()}.
   *
   * @param client the pool
   * @param keys the catalog of the kernel and the keys of every module
   * @param overrides values of this process only ({@code --set}), by key
   * @param pollInterval how often the table is read when nothing is heard
   * @throws IllegalArgumentException for an override of an unknown key or with a bad value
   */
  public RuntimeSettings(
      Vertx vertx,
      SqlClient client,
      Collection<? extends SettingKey<?>> keys,
      Map<String, String> overrides,
      Duration pollInterval) {
    this.vertx = vertx;
    this.owner = vertx.getOrCreateContext();
    this.client = client;
    this.store = new SettingsStore(client);
    this.pollInterval = pollInterval;
    this.state = SettingsState.initial(keys, overrides);
  }

  /**
   * Reads the table for the first time and begins to poll. Until then the defaults and overrides
   * are in force.
   */
  public Future<Void> start() {
    return reload().onSuccess(done -> owner.runOnContext(nothing -> poll()));
  }

  /**
   * Reads the table again: the hook of the notification and of a reconnect. May be called from any
   * thread.
   */
  public Future<Void> reload() {
    Promise<Void> done = Promise.promise();
    owner.runOnContext(
        nothing -> {
          waiting.add(done);
          readNext();
        });
    return done.future();
  }

  /**
   * Reads again at each notification of the trigger and after each reconnect, and once now, since a
   * change between the first read and LISTEN would be missed. Completes when LISTEN is in force.
   */
  public Future<Void> follow(Notifications notifications) {
    notifications.onReconnect(this::reload);
    return notifications
        .listen(CHANNEL, key -> reload().onFailure(e -> LOG.debug("settings not read", e)))
        .compose(listening -> reload());
  }

  /** Refuses updates at once while the database is known to be away, instead of waiting for it. */
  public RuntimeSettings writableWhile(BooleanSupplier available) {
    writable = available;
    return this;
  }

  /** Updates are written through these; call it before the first. */
  public RuntimeSettings writingThrough(DirectWrites writes) {
    store = new SettingsStore(client, writes);
    return this;
  }

  /** Ends the poll. The last values stay readable. */
  public void close() {
    owner.runOnContext(
        nothing -> {
          Long timer = pollTimer;
          if (timer != null) {
            vertx.cancelTimer(timer);
          }
        });
  }

  @Override
  @SuppressWarnings("unchecked") // a slot holds what its key has parsed
  public <T> T get(SettingKey<T> key) {
    Object value = state.value(key.name());
    if (value == null) {
      throw new IllegalArgumentException(SettingsState.unknownKey(key.name()));
    }
    return (T) value;
  }

  @Override
  public <T> Subscription onChange(SettingKey<T> key, Consumer<T> listener) {
    Context current = Vertx.currentContext();
    Listener<T> entry = new Listener<>(key, listener, current == null ? owner : current);
    listeners.add(entry);
    return () -> listeners.remove(entry);
  }

  @Override
  public List<SettingView> list() {
    return state.views();
  }

  @Override
  public SettingView view(String key) {
    SettingView view = state.view(key);
    if (view == null) {
      throw Refused.of(Reason.INVALID, SettingsState.unknownKey(key));
    }
    return view;
  }

  @Override
  public Future<SettingView> update(String key, String value) {
    SettingKey<?> declared = state.key(key);
    if (declared == null) {
      return refused(Reason.INVALID, SettingsState.unknownKey(key));
    }
    try {
      declared.parse(value);
    } catch (IllegalArgumentException e) {
      return refused(Reason.INVALID, String.valueOf(e.getMessage()));
    }
    if (!writable.getAsBoolean()) {
      return refused(Reason.UNAVAILABLE, notStored(key));
    }
    return store
        .write(key, value)
        .timeout(QUERY_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .recover(e -> Future.failedFuture(translated(key, e)))
        .compose(written -> afterWrite(key, value));
  }

  private Future<SettingView> afterWrite(String key, String value) {
    LOG.info("setting written key={}", key);
    return reload()
        .recover(e -> onOwner(() -> become(state.written(key, value))))
        .map(read -> view(key));
  }

  private static Refused translated(String key, Throwable failure) {
    if (failure instanceof PgException pg
        && pg.getSqlState() != null
        && FAULTS_OF_OURS.contains(pg.getSqlState().substring(0, 2))) {
      LOG.error("setting not written key={} sqlstate={}", key, pg.getSqlState());
      return Refused.of(Reason.INTERNAL, key + ": could not be stored");
    }
    return Refused.of(Reason.UNAVAILABLE, notStored(key));
  }

  private static String notStored(String key) {
    return key + ": not stored, the database does not answer";
  }

  private static <T> Future<T> refused(Reason reason, String message) {
    return Future.failedFuture(Refused.of(reason, message));
  }

  private void poll() {
    if (pollTimer == null) {
      pollTimer =
          vertx.setPeriodic(
              pollInterval.toMillis(),
              tick -> {
                if (!reading) {
                  reload().onFailure(e -> LOG.debug("settings not read", e));
                }
              });
    }
  }

  private void readNext() {
    if (reading || waiting.isEmpty()) {
      return;
    }
    reading = true;
    List<Promise<Void>> served = List.copyOf(waiting);
    waiting.clear();
    store
        .read()
        .timeout(QUERY_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .onComplete(
            rows -> owner.runOnContext(nothing -> readDone(rows.result(), rows.cause(), served)));
  }

  private void readDone(
      @Nullable Map<String, String> rows, @Nullable Throwable failure, List<Promise<Void>> served) {
    reading = false;
    if (rows == null) {
      Throwable cause = failure == null ? new IllegalStateException("no answer") : failure;
      noteFailure(cause);
      served.forEach(promise -> promise.fail(cause));
    } else {
      failing = false;
      become(
          state.read(
              rows,
              !started,
              text -> LOG.warn("setting ignored, last good value stays: {}", text)));
      started = true;
      served.forEach(Promise::complete);
    }
    readNext();
  }

  private void noteFailure(Throwable cause) {
    if (!failing) {
      failing = true;
      LOG.warn("settings not read, last values stay in force error={}", cause.toString());
    }
  }

  private void become(SettingsState next) {
    SettingsState before = state;
    state = next;
    for (String name : next.changedSince(before)) {
      if (started) {
        LOG.info("setting changed key={}", name);
      }
      for (Listener<?> listener : listeners) {
        if (listener.key.name().equals(name)) {
          tell(listener);
        }
      }
    }
  }

  private <T> void tell(Listener<T> listener) {
    T value = get(listener.key);
    listener.context.runOnContext(
        nothing -> {
          if (listeners.contains(listener)) {
            listener.consumer.accept(value);
          }
        });
  }

  private Future<Void> onOwner(Runnable action) {
    Promise<Void> done = Promise.promise();
    owner.runOnContext(
        nothing -> {
          action.run();
          done.complete();
        });
    return done.future();
  }

  private record Listener<T>(SettingKey<T> key, Consumer<T> consumer, Context context) {}
}
