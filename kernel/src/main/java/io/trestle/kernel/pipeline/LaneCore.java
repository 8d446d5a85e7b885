package io.trestle.kernel.pipeline;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides for one lane what is sent, when, and what each unit is told. Pure: time is an argument,
 * every event returns the commands that follow from it, nothing blocks and nothing throws.
 *
 * <p>State: {@code queue}, units never sent, in the order of handing over; {@code work}, batches
 * that wait to be sent again, whole or in halves, and go before the queue; {@code flying}, batches
 * that are under way (BUSY). The machine:
 *
 * <pre>
 * state    event            next     effect
 * AWAY     connected        IDLE     announce AVAILABLE unless work is left; send work, else queue
 * AWAY     connectFailed    AWAY     connect again after the back-off
 * AWAY     tick             AWAY     fail what is past its deadline
 * IDLE     pump, queue      BUSY     form a batch, send it
 * IDLE     connectionLost   AWAY     announce AWAY, connect
 * BUSY     pump, queue      BUSY     form a follower, if that may be, and send it
 * BUSY     Committed        IDLE     settle; announce AVAILABLE; pump
 * BUSY     RowFault         IDLE     one unit: fail it; more: bisect; pump
 * BUSY     Conflict         BUSY     send again, three times; then fail the batch (IDLE)
 * BUSY     Lost             AWAY     keep what is under way, announce AWAY, connect
 * BUSY     Stale            STOPPED  fail everything, stop the owner
 * any      stop             STOPPED  fail what is not under way; BUSY ends with its outcome
 * </pre>
 *
 * With a follower under way IDLE is reached when that has ended too.
 *
 * <p><b>Followers.</b> Between the end of a batch and the arrival of the next PostgreSQL would have
 * nothing to do: the answer has to come here, the next batch to be encoded and to get there. So a
 * second batch is sent behind the first, and PostgreSQL begins it when it has ended the other. That
 * is possible when both are one statement each, without BEGIN and COMMIT around which another could
 * get, on a connection that has the lane already; and right when nothing in the second could wait
 * for the first to be sent again: kinds that are declared independent, units without order key. As
 * soon as anything waits in {@code work} no follower is sent.
 *
 * <p>Invariants. A unit is in exactly one place until it is settled, and is settled once. Units of
 * one key are sent in order, because work and queue are, because bisection sends the left half
 * before the right one, and because a batch follows all of work unless it has no keys. A unit whose
 * COMMIT was sent once without an answer is never told that it failed: whatever comes later, it may
 * be in the database.
 *
 * <p>Deadlines are judged only while the lane is AWAY: a slow commit is better late than unknown.
 * An expired unit leaves its batch. Sending it again would only write behind the back of a caller
 * who was already told to find out for himself, and would let a statement that can never succeed
 * hold up the lane for ever.
 */
final class LaneCore {

  private enum State {
    AWAY,
    IDLE,
    BUSY,
    STOPPED
  }

  /**
   * A batch under way.
   *
   * @param kind of all its rows, when they are independent and need one statement only
   * @param conflicts how often it was sent in vain
   */
  private record Flight(List<Unit> units, @Nullable StatementKind<?> kind, int conflicts) {
    static Flight of(List<Unit> units) {
      StatementKind<?> kind = units.get(0).write().independent();
      boolean alone = units.stream().allMatch(unit -> unit.write().independent() == kind);
      return new Flight(units, alone ? kind : null, 0);
    }

    Flight again() {
      return new Flight(units, kind, conflicts + 1);
    }

    void lost(boolean commitSent) {
      units.forEach(unit -> unit.lost(commitSent));
    }
  }

  private static final int MAX_FLYING = 2;
  private static final int MAX_REPEATS = 3;
  private static final int MAX_DOUBLINGS = 20;

  private final Lane lane;
  private final PipelineOptions options;
  private final Deque<Unit> queue = new ArrayDeque<>();
  private final Deque<List<Unit>> work = new ArrayDeque<>();
  private final Deque<Flight> flying = new ArrayDeque<>();
  private List<Command> commands = new ArrayList<>();

  private State state = State.AWAY;
  private boolean away = true;
  private boolean laneTaken;
  private @Nullable WriteFailure refusal;
  private long sequence;
  private int attempts;
  private long connectedAt;

  LaneCore(Lane lane, PipelineOptions options) {
    this.lane = lane;
    this.options = options;
  }

  /** The first event. */
  List<Command> start(long now) {
    reconnect(now);
    return drain();
  }

  /** Takes a unit; nothing is sent before {@link #pump}. */
  List<Command> offer(Unit unit, long now) {
    unit.accept(++sequence, now, unit.write().within().orElse(options.deadline()).toNanos());
    if (refusal != null) {
      settle(List.of(unit), refusal);
    } else if (away) {
      settle(List.of(unit), WriteFailure.databaseAway(lane));
    } else {
      queue.addLast(unit);
    }
    return drain();
  }

  /** Sends what was gathered, when nothing is in the way. */
  List<Command> pump() {
    sendNext();
    return drain();
  }

  /** A connection is open. */
  List<Command> connected(long now) {
    if (state == State.AWAY) {
      state = State.IDLE;
      connectedAt = now;
      expire(now);
      if (work.isEmpty()) {
        announce(false);
      }
      sendNext();
    }
    return drain();
  }

  /** An attempt to connect failed. */
  List<Command> connectFailed(long now) {
    if (state == State.AWAY) {
      reconnect(now);
    }
    return drain();
  }

  /** The connection ended while nothing was under way. */
  List<Command> connectionLost(long now) {
    if (state == State.IDLE) {
      leave(now);
    }
    return drain();
  }

  /**
   * The oldest batch under way has an outcome; {@link Outcome.Lost} is that of all that are, and
   * nothing more may be told of them.
   */
  List<Command> finished(Outcome outcome, long now) {
    if (state == State.STOPPED) {
      settleLast(outcome);
    } else if (outcome instanceof Outcome.Committed) {
      settle(land(), null);
      laneTaken = true;
    } else if (outcome instanceof Outcome.RowFault fault) {
      isolate(fault);
    } else if (outcome instanceof Outcome.Conflict conflict) {
      repeat(conflict);
    } else if (outcome instanceof Outcome.Lost lost) {
      flying.forEach(flight -> flight.lost(lost.commitSent()));
      leave(now);
    } else {
      stop(WriteFailure.fenced());
      settleLast(outcome);
      commands.add(new Command.StopOwner());
    }
    sendNext();
    return drain();
  }

  /** Time has come for something. */
  List<Command> tick(long now) {
    if (state == State.AWAY) {
      expire(now);
      wake();
    }
    return drain();
  }

  /** Refuses new units from now on; those it has go their way. */
  void refuse(WriteFailure failure) {
    refusal = failure;
  }

  /** Ends the lane: everything that is not under way fails. */
  List<Command> stopWith(WriteFailure failure) {
    if (state != State.STOPPED) {
      stop(failure);
    }
    return drain();
  }

  /** Whether every unit handed over up to {@code place} has its verdict. */
  boolean settledUpTo(long place) {
    Unit oldest = oldest();
    return oldest == null || oldest.sequence() > place;
  }

  /** Place of the youngest unit. */
  long lastPlace() {
    return sequence;
  }

  /** The unit that waits longest. */
  @Nullable Unit oldest() {
    Unit oldest = queue.peekFirst();
    for (List<Unit> batch : work) {
      oldest = older(batch.get(0), oldest);
    }
    for (Flight flight : flying) {
      oldest = older(flight.units().get(0), oldest);
    }
    return oldest;
  }

  private static Unit older(Unit unit, @Nullable Unit other) {
    return other == null || unit.sequence() < other.sequence() ? unit : other;
  }

  LaneState state() {
    return away ? LaneState.AWAY : LaneState.AVAILABLE;
  }

  // sending

  private void sendNext() {
    if (state == State.IDLE) {
      launch(work.isEmpty() ? gather(unit -> true) : work.removeFirst());
    } else if (state == State.BUSY && hasRoomForFollower()) {
      StatementKind<?> kind = queue.getFirst().write().independent();
      launch(gather(unit -> kind != null && kind == unit.write().independent()));
    }
  }

  private void launch(List<Unit> batch) {
    if (!batch.isEmpty()) {
      state = State.BUSY;
      launch(Flight.of(batch));
    }
  }

  private void launch(Flight flight) {
    flying.addLast(flight);
    commands.add(new Command.Send(Collections.unmodifiableList(flight.units())));
  }

  private boolean hasRoomForFollower() {
    return laneTaken
        && flying.size() < MAX_FLYING
        && work.isEmpty()
        && !queue.isEmpty()
        && flying.getFirst().kind() != null
        && flying.getFirst().conflicts() == 0;
  }

  /** What waits and meets the condition, up to the bound of a batch, which one unit may exceed. */
  private List<Unit> gather(Predicate<Unit> condition) {
    List<Unit> batch = new ArrayList<>();
    long bytes = 0;
    for (Unit next = queue.peekFirst(); next != null; next = queue.peekFirst()) {
      bytes += next.write().bytes();
      if (!condition.test(next) || (!batch.isEmpty() && bytes > options.maxBatchBytes())) {
        break;
      }
      batch.add(queue.removeFirst());
    }
    return batch;
  }

  // answers of a living database

  /** The oldest batch is not under way any more: PostgreSQL has answered for it. */
  private List<Unit> land() {
    List<Unit> batch = flying.removeFirst().units();
    state = flying.isEmpty() ? State.IDLE : State.BUSY;
    attempts = 0;
    announce(false);
    return batch;
  }

  private void isolate(Outcome.RowFault fault) {
    List<Unit> batch = land();
    if (batch.size() == 1) {
      fail(batch, WriteFailure.rejected(fault.statement(), fault.sqlState(), fault.constraint()));
    } else {
      List<Unit> left = new ArrayList<>(batch.subList(0, batch.size() / 2));
      List<Unit> right = new ArrayList<>(batch.subList(batch.size() / 2, batch.size()));
      if (!work.isEmpty() && work.getFirst().get(0).sequence() < left.get(0).sequence()) {
        work.addLast(left); // it followed what waits there
        work.addLast(right);
      } else {
        work.addFirst(right);
        work.addFirst(left);
      }
    }
  }

  private void repeat(Outcome.Conflict conflict) {
    if (flying.getFirst().conflicts() < MAX_REPEATS) {
      launch(flying.removeFirst().again());
    } else {
      fail(land(), WriteFailure.rejected(conflict.statement(), conflict.sqlState(), null));
    }
  }

  // loss and return

  private void leave(long now) {
    state = State.AWAY;
    laneTaken = false;
    while (!flying.isEmpty()) {
      work.addFirst(flying.removeLast().units());
    }
    if (now - connectedAt > options.maxBackoff().toNanos()) {
      attempts = 0;
    }
    announce(true);
    reconnect(now);
  }

  private void reconnect(long now) {
    expire(now);
    commands.add(new Command.Connect(backoff(attempts)));
    attempts++;
    wake();
  }

  /** At once, then doubling. */
  private long backoff(int attempt) {
    if (attempt == 0) {
      return 0;
    }
    long doubled = options.minBackoff().toNanos() << Math.min(attempt - 1, MAX_DOUBLINGS);
    return Math.min(doubled, options.maxBackoff().toNanos());
  }

  private void announce(boolean nowAway) {
    if (away != nowAway) {
      away = nowAway;
      commands.add(new Command.Announce(state()));
    }
  }

  private void expire(long now) {
    List<Unit> expired = removeIf(unit -> unit.deadline() - now <= 0);
    List<Unit> sent = expired.stream().filter(Unit::sent).toList();
    List<Unit> unsent = expired.stream().filter(unit -> !unit.sent()).toList();
    fail(sent, WriteFailure.outcomeUnknown("lane=" + lane.label() + ", no answer in time"));
    fail(unsent, WriteFailure.databaseAway(lane));
  }

  private void wake() {
    long earliest = Long.MAX_VALUE;
    for (List<Unit> batch : work) {
      for (Unit unit : batch) {
        earliest = Math.min(earliest, unit.deadline());
      }
    }
    for (Unit unit : queue) {
      earliest = Math.min(earliest, unit.deadline());
    }
    if (earliest != Long.MAX_VALUE) {
      commands.add(new Command.Wake(earliest));
    }
  }

  // verdicts

  private void settle(List<Unit> units, @Nullable WriteFailure failure) {
    if (!units.isEmpty()) {
      commands.add(new Command.Settle(units, failure));
    }
  }

  /** Fails units, and with them what waits behind them and asked for it. */
  private void fail(List<Unit> units, WriteFailure failure) {
    tell(units, failure);
    Map<Object, Long> failed = new HashMap<>();
    for (Unit unit : units) {
      Object key = unit.write().key();
      if (key != null) {
        failed.merge(key, unit.sequence(), Math::min);
      }
    }
    if (!failed.isEmpty()) {
      tell(removeIf(unit -> follows(unit, failed)), WriteFailure.predecessorFailed());
    }
  }

  private static boolean follows(Unit unit, Map<Object, Long> failed) {
    Object key = unit.write().key();
    Long place = key == null ? null : failed.get(key);
    return place != null
        && place < unit.sequence()
        && unit.write().afterFailure() == AfterFailure.FAIL;
  }

  /** The failure, or OUTCOME_UNKNOWN to those who may be in the database all the same. */
  private void tell(List<Unit> units, WriteFailure failure) {
    if (failure.code().maybeWritten()) {
      settle(units, failure);
      return;
    }
    settle(units.stream().filter(unit -> !unit.inDoubt()).toList(), failure);
    settle(
        units.stream().filter(Unit::inDoubt).toList(),
        WriteFailure.outcomeUnknown("sent once without an answer, then " + failure.getMessage()));
  }

  private List<Unit> removeIf(Predicate<Unit> condition) {
    List<Unit> removed = new ArrayList<>();
    Predicate<Unit> move = unit -> condition.test(unit) && removed.add(unit);
    work.forEach(batch -> batch.removeIf(move));
    work.removeIf(List::isEmpty);
    queue.removeIf(move);
    return removed;
  }

  // the end

  private void stop(WriteFailure failure) {
    state = State.STOPPED;
    refusal = failure;
    tell(removeIf(unit -> true), failure);
  }

  /** A batch that was under way when the lane stopped: there is no second attempt. */
  private void settleLast(Outcome outcome) {
    WriteFailure failure = refusal == null ? WriteFailure.closed() : refusal;
    if (outcome instanceof Outcome.Lost lost) {
      for (Flight flight : flying) {
        flight.lost(lost.commitSent());
        tell(flight.units(), failure);
      }
      flying.clear();
    } else if (!flying.isEmpty()) {
      List<Unit> batch = flying.removeFirst().units();
      if (outcome instanceof Outcome.Committed) {
        settle(batch, null);
      } else {
        tell(batch, failure);
      }
    }
  }

  private List<Command> drain() {
    if (commands.isEmpty()) {
      return List.of();
    }
    List<Command> out = commands;
    commands = new ArrayList<>();
    return out;
  }
}
