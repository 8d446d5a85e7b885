package io.trestle.kernel.database;

import io.trestle.kernel.database.KernelStore.Holder;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to serve a database (foundation.md 6): session lock {@code trestle.leader} on the
 * control connection, and an epoch, a number higher than any before, that fences the writes of
 * whoever served earlier.
 *
 * <p>States: <em>none</em> → {@link #acquire} → <em>held</em> → {@link #register} → <em>held with
 * epoch</em>. Losing the connection loses the lock: listeners hear {@code lost} at once, and for as
 * long as the lock is not held the database counts as away ({@link Availability}), so that what
 * must be stored is refused; when the connection is back, the lock is tried for as long as it
 * takes, before anything else recovers. If nobody took an epoch in between, we go on with ours and
 * hear {@code regained}. If somebody did, our memory is stale and nothing can be regained: {@code
 * superseded}, the kernel must end. What keeps a database from two writers is not the lock but the
 * epoch, which every transaction checks ({@code Fence}, {@link FencedWrites}). A session of our own
 * that PostgreSQL has not noticed to be dead (the network went away, the lock stayed) is ended by
 * us; it is recognised by the lock of our own epoch.
 */
public final class LeaderLock {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderLock.class);
  private static final long POLL_MILLIS = 200;

  /** Hears what happens to the lock, on a kernel event loop. */
  public interface Listener {
    /** The connection is gone, and the lock with it: what must be stored is refused. */
    void lost();

    /** Held again with the same epoch: serve again. */
    void regained();

    /** Another kernel took a newer epoch: this one must end. */
    void superseded(long byEpoch);
  }

  private final ControlConnection control;
  private final DatabaseOptions options;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean wanted;
  private volatile boolean held;
  private volatile long epoch;
  private volatile @Nullable KernelInfo kernel;

  LeaderLock(ControlConnection control, DatabaseOptions options) {
    this.control = control;
    this.options = options;
    control.addStep(this::regain);
    control.addListener(
        new ControlConnection.Listener() {
          @Override
          public void down(Throwable cause) {
            onDown();
          }

          @Override
          public void up() {}
        });
  }

  /**
   * Takes the lock, waiting 10 s for a predecessor to vanish; fails with LOCKED, naming the holder.
   */
  public Future<Void> acquire() {
    return poll(System.nanoTime() + options.lockWait().toNanos())
        .onSuccess(
            v -> {
              wanted = true;
              held = true;
            });
  }

  /**
   * Takes a new epoch; after {@link #acquire} and the migrations. From here on {@code seen_at} of
   * the row is kept fresh.
   */
  public Future<Long> register(KernelInfo info) {
    return control
        .use(
            connection ->
                KernelStore.register(connection, info)
                    .compose(e -> KernelStore.lockEpoch(connection, e).map(e)))
        .onSuccess(
            e -> {
              kernel = info;
              epoch = e;
              LOG.info("leader kernel={} epoch={} pid={}", info.id(), e, info.pid());
            });
  }

  /** The epoch of this kernel; 0 before {@link #register}. */
  public long epoch() {
    return epoch;
  }

  /** Whether the lock is held now. */
  public boolean held() {
    return held;
  }

  /** Ids of the kernels that are live, ours too; rows of presence of all others may be reset. */
  public Future<Set<UUID>> live() {
    return control.use(KernelStore::live);
  }

  /** A fence has said that our epoch is not the newest. */
  void foundStale() {
    control.onHome(
        () -> {
          if (!wanted) {
            return Future.succeededFuture();
          }
          return control
              .use(KernelStore::maxEpoch)
              .compose(newest -> newest > epoch ? giveUp(newest) : Future.succeededFuture())
              .onFailure(e -> LOG.warn("newest epoch not read reason={}", e.toString()));
        });
  }

  /** Adds a listener; it hears what happens from now on. */
  public void listen(Listener listener) {
    listeners.add(listener);
  }

  void stop() {
    wanted = false;
    held = false;
  }

  /** The id of this kernel; null before {@link #register}. */
  @Nullable KernelInfo kernel() {
    return kernel;
  }

  private Future<Void> poll(long deadlineNanos) {
    return control
        .use(connection -> KernelStore.tryLock(connection, KernelStore.LEADER))
        .compose(
            done -> {
              if (done) {
                return Future.succeededFuture();
              }
              return System.nanoTime() < deadlineNanos
                  ? control.delay(POLL_MILLIS).compose(v -> poll(deadlineNanos))
                  : heldByOther();
            });
  }

  private Future<Void> heldByOther() {
    return control
        .use(connection -> KernelStore.holder(connection, KernelStore.LEADER))
        .compose(holder -> Future.failedFuture(locked(holder)));
  }

  private static DatabaseFailure locked(Optional<Holder> holder) {
    return new DatabaseFailure(
        DatabaseFailure.Kind.LOCKED,
        "this database is served by "
            + holder.map(Holder::who).orElse("another process")
            + "; stop it, or use another database");
  }

  private void onDown() {
    if (wanted && held) {
      held = false;
      LOG.warn("leader lock lost epoch={}", epoch);
      listeners.forEach(Listener::lost);
    }
  }

  /** A step of the control connection: runs after each reconnect, before anything else. */
  private Future<Void> regain() {
    if (!wanted) {
      return Future.succeededFuture();
    }
    return control
        .use(connection -> KernelStore.tryLock(connection, KernelStore.LEADER))
        .compose(done -> epoch == 0 ? withoutEpoch(done) : withEpoch(done));
  }

  private Future<Void> withoutEpoch(boolean done) {
    held = done;
    return done ? Future.succeededFuture() : heldByOther();
  }

  private Future<Void> withEpoch(boolean done) {
    return control
        .use(KernelStore::maxEpoch)
        .compose(
            newest -> {
              if (newest > epoch) {
                return giveUp(newest);
              }
              return done
                  ? goOn()
                  : endOwnGhost().compose(v -> control.delay(POLL_MILLIS)).compose(v -> regain());
            });
  }

  private Future<Void> goOn() {
    return control
        .use(connection -> KernelStore.lockEpoch(connection, epoch))
        .onSuccess(
            v -> {
              held = true;
              LOG.info("leader lock regained epoch={}", epoch);
              listeners.forEach(Listener::regained);
            });
  }

  private Future<Void> giveUp(long newest) {
    wanted = false;
    held = false;
    LOG.error("superseded by another kernel epoch={} newest={}", epoch, newest);
    listeners.forEach(l -> l.superseded(newest));
    return control.use(connection -> KernelStore.unlock(connection, KernelStore.LEADER));
  }

  private Future<Void> endOwnGhost() {
    return control.use(
        connection ->
            KernelStore.holder(connection, KernelStore.LEADER)
                .compose(
                    holder ->
                        holder.isPresent() && holder.get().epoch() == epoch
                            ? KernelStore.terminate(connection, holder.get().backend())
                            : Future.succeededFuture()));
  }
}
