package io.trestle.kernel.pipeline;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in which modules write. A module hands over a {@link Write} and gets a future that
 * completes after the commit; foundation 3 is the contract.
 *
 * <h2>How it works</h2>
 *
 * While a transaction is under way its lane gathers; when it returns, all that was gathered goes as
 * the next one. Idle, a write leaves at once; under load, batches form by themselves and many
 * writes share one fsync. There is no timer to tune. Where nothing can depend on the order, the
 * next batch is sent behind the one under way, so that PostgreSQL need not wait for us. Four
 * classes do it:
 *
 * <ul>
 *   <li>{@code LaneCore} decides: a state machine without I/O, time or threads.
 *   <li>{@code BatchPlan} turns many units into few statements without changing what they do.
 *   <li>{@code BatchRun} carries one batch to its commit, once: a lone statement by itself, several
 *       through BEGIN, statements and COMMIT.
 *   <li>{@code LaneDriver}, with its {@code Connector}, connects the three to an event loop, one
 *       for each lane, so that encoding a large bulk batch does not hold up a durable write either.
 * </ul>
 *
 * <h2>What always holds</h2>
 *
 * <ol>
 *   <li><b>The verdict agrees with the database.</b> A future succeeds only when every statement
 *       and the COMMIT itself are known to have succeeded. It fails with a code that says "nothing
 *       was written" only when that is known as well: a unit whose COMMIT was sent once without an
 *       answer is committed in the end or {@code OUTCOME_UNKNOWN}, whatever happens in between.
 *   <li><b>Units of one key are committed in order</b>, through bisection, repetition and loss. A
 *       batch that was lost is sent again before anything younger. Should PostgreSQL still be busy
 *       with the lost attempt, the new one waits for the lane's advisory lock, so a ghost cannot
 *       overtake; one that PostgreSQL has not begun yet is refused when it arrives, because the
 *       newer connection has taken the lane.
 *   <li><b>Memory is bounded</b> on the caller's thread, before anything is queued.
 *   <li><b>A stale writer commits nothing</b>: the epoch is checked inside each transaction, under
 *       a lock that whoever takes a new epoch must take as well ({@link Fence}).
 * </ol>
 *
 * <h2>Tried and rejected</h2>
 *
 * <ul>
 *   <li><b>COMMIT in the same flight as several statements</b> saves a round trip. But the client
 *       may refuse a statement by itself (parameter count, parameter type), and the server then
 *       commits the others. While a batch waits that round trip longer, the next one merely grows.
 *       A batch of one statement has no others: it needs no COMMIT at all.
 *   <li><b>One statement of data-modifying CTEs</b> needs no COMMIT. But all parts see the state
 *       before the statement, so two rows cannot change one thing in order, and each combination of
 *       kinds is another plan.
 *   <li><b>{@code pg_xact_status} after a loss</b> would tell whether the lost transaction
 *       happened. But after a crash of PostgreSQL the id of a transaction that never reached the
 *       log may be given out again. Repeating idempotent statements needs no such answer.
 *   <li><b>Savepoints instead of bisection</b> cost every batch what only the poisoned one should
 *       pay. Bisection costs about 2 log2(n) transactions for one bad unit of n.
 *   <li><b>Trusting COMMIT's success.</b> A COMMIT of a failed transaction reports success and
 *       rolls back; see {@code BatchRun} for how the difference is seen.
 *   <li><b>A limit per lane.</b> Memory is one thing. One limit of which bulk may use 80 % needs no
 *       guess about how it divides.
 * </ul>
 *
 * Safe from any thread. Futures complete on the context from which {@code submit} was called; on a
 * thread without one, on an event loop. No Vert.x future can withdraw a write, and nothing else
 * can.
 */
public final class WritePipeline {

  private static final Logger LOG = LoggerFactory.getLogger(WritePipeline.class);
  private static final Duration CLOSE_GRACE = Duration.ofMillis(500);

  private final Vertx vertx;
  private final PipelineOptions options;
  private final Budget budget;
  private final Map<Lane, LaneDriver> lanes = new EnumMap<>(Lane.class);
  private final List<StateListener> listeners = new CopyOnWriteArrayList<>();
  private final Promise<Void> fenced = Promise.promise();

  private WritePipeline(
      Vertx vertx,
      ConnectionSource source,
      Fence fence,
      PipelineOptions options,
      MeterRegistry meters) {
    this.vertx = vertx;
    this.options = options;
    this.budget = new Budget(options.maxBytes(), options.maxUnits());
    long origin = System.nanoTime();
    LongSupplier nanos = () -> System.nanoTime() - origin;
    LaneDriver.Setting setting =
        new LaneDriver.Setting(source, fence, options, budget, nanos, new Owner());
    for (Lane lane : Lane.values()) {
      lanes.put(lane, new LaneDriver(vertx, lane, setting, new LaneMetrics(meters, lane, nanos)));
    }
  }

  /**
   * Starts both lanes. The future completes when both are connected, and fails when the first
   * attempt of either fails; nothing is left running then. Later losses are the pipeline's own
   * business.
   */
  public static Future<WritePipeline> start(
      Vertx vertx,
      ConnectionSource source,
      Fence fence,
      PipelineOptions options,
      MeterRegistry meters) {
    WritePipeline pipeline = new WritePipeline(vertx, source, fence, options, meters);
    return Future.join(pipeline.lanes.values().stream().map(vertx::deployVerticle).toList())
        .map(pipeline)
        .recover(cause -> pipeline.close(Duration.ZERO).transform(v -> Future.failedFuture(cause)));
  }

  /**
   * Hands over a unit. The future succeeds after its commit and fails with {@link WriteFailure}
   * only. A refused unit counts as never handed over: it has no place in the order of its key.
   */
  public Future<Void> submit(Write write) {
    ContextInternal caller = (ContextInternal) vertx.getOrCreateContext();
    WriteFailure full = budget.reserve(write.lane(), write.bytes());
    if (full != null) {
      return caller.failedFuture(full);
    }
    return driver(write.lane()).submit(new Ticket(write, caller));
  }

  /** Hands over a unit of one row, without order key and with the default deadline. */
  public <R> Future<Void> submit(StatementKind<R> kind, R row) {
    return submit(Write.of(kind, row).build());
  }

  /** Completes when everything handed over before has its verdict; never fails. */
  public Future<Void> flush() {
    Context caller = vertx.getOrCreateContext();
    return Future.join(lanes.values().stream().map(lane -> lane.flush(caller)).toList()).mapEmpty();
  }

  /** {@link #close(Duration)} with the 0.5 s of foundation 1.4. */
  public Future<Void> close() {
    return close(CLOSE_GRACE);
  }

  /**
   * Refuses new units with {@code CLOSED}, lets those handed over before finish, and after {@code
   * grace} fails the rest: {@code OUTCOME_UNKNOWN} where a COMMIT is under way, else {@code
   * CLOSED}. Then closes the connections. Never fails.
   */
  public Future<Void> close(Duration grace) {
    return Future.join(lanes.values().stream().map(lane -> lane.close(grace)).toList()).mapEmpty();
  }

  /** Whether a lane can write now. */
  public LaneState state(Lane lane) {
    return driver(lane).state();
  }

  /** Hears of every change from now on, of both lanes. */
  public void onState(StateListener listener) {
    listeners.add(listener);
  }

  /**
   * Completes when the epoch was found stale: nothing can be written any more, and whoever owns
   * this pipeline must stop.
   */
  public Future<Void> fenced() {
    return fenced.future();
  }

  /** Bytes of all units without verdict. */
  public long bytesWaiting() {
    return budget.used().bytes();
  }

  /** Number of units without verdict. */
  public int unitsWaiting() {
    return budget.used().units();
  }

  /** The options it was started with. */
  public PipelineOptions options() {
    return options;
  }

  private LaneDriver driver(Lane lane) {
    LaneDriver driver = lanes.get(lane);
    if (driver == null) {
      throw new IllegalStateException("lane: " + lane);
    }
    return driver;
  }

  private final class Owner implements LaneDriver.Owner {
    @Override
    public void changed(Lane lane, LaneState state) {
      for (StateListener listener : listeners) {
        try {
          listener.changed(lane, state);
        } catch (RuntimeException e) {
          LOG.error("lane={} listener failed", lane, e);
        }
      }
    }

    @Override
    public void stale(Lane lane) {
      lanes.values().forEach(LaneDriver::fence);
      fenced.tryComplete();
    }
  }
}
