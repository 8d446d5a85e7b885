package io.trestle.sdk.internal.events;

import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConflictException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.InvalidEventNameException;
import io.trestle.sdk.QueueFullException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be published, and what is decided about it (events.md 3.1). Pure: it is told what
 * happens and what time it is, and says what to send and when to ask again.
 *
 * <p>The state is a list of events in the order of publishing, of which some make up the requests
 * under way; a ladder of pauses; and the end of the present pause. An event leaves the list when it
 * is settled and not before, so whatever a request comes to, what was not decided is still in its
 * place.
 *
 * <p>A few events go in one request; what comes meanwhile makes up the next one, so that requests
 * are as large as the runtime is slow. Where more wait, a request takes half of them and the rest
 * goes out beside it. So the database stores some while the runtime reads others and the publisher
 * hears of those before: with everything in one request the three take turns, and at 50 events
 * outstanding the database has nothing to do for 40 % of the time.
 *
 * <p>Invariants, held by a property test:
 *
 * <ul>
 *   <li>Every event is settled exactly once.
 *   <li>Of the events of one lane (one partition key) none is sent before all earlier ones are
 *       settled: at most one of a lane is in all requests together, the first that is left. So a
 *       refusal that passes can never let a later event overtake.
 *   <li>An answer settles by position. One with another number of results says nothing about
 *       anything, and everything is sent again with the same ids.
 *   <li>An event that is being sent is not given up: it waits for the end of the attempt, else its
 *       publisher would hear "not sent" of an event that is stored.
 * </ul>
 *
 * <p>Deadlines rise with the order of the list, as far as clocks of threads agree, since all events
 * have the same timeout. So the first event is the next to expire, and one timer serves all.
 *
 * <p>Rejected: to end a pause at the next deadline, as the specification has it. Thousands of
 * events that were published one after another would each end a pause, and a runtime that is in
 * trouble would be asked every few milliseconds. They expire in time, in the pause.
 */
final class PublishQueue {
  static final int MAX_BATCH = 100;

  /** Requests at a time. */
  static final int MAX_REQUESTS = 8;

  /** How many events must wait for a request beside another, and how many it takes at least. */
  static final int SHARE = 10;

  /** Of one request, so that an attempt has its time; a larger event goes alone. */
  static final int MAX_BATCH_BYTES = 4 << 20;

  /** When nothing is to be done. */
  static final long NEVER = Long.MAX_VALUE;

  private static final long[] LADDER_MILLIS = {100, 250, 500, 1000, 2000, 5000};

  private final int limit;
  private final boolean dropOldest;
  private final int share;
  private final Consumer<BridgeEvent.PolicyViolation> violations;
  private final Set<String> busyLanes = new HashSet<>();
  private int requests;
  private int onWire;
  private boolean lanesBlock;
  private @Nullable Publication first;
  private @Nullable Publication last;
  private int size;
  private int rung;
  private long pauseEnd;
  private boolean paused;
  private boolean preparing;
  private boolean stopping;
  private boolean ended;

  /**
   * An empty queue.
   *
   * @param limit how many may wait
   * @param dropOldest whether the oldest gives way beyond that; else somebody else keeps the limit
   */
  PublishQueue(int limit, boolean dropOldest, Consumer<BridgeEvent.PolicyViolation> violations) {
    this(limit, dropOldest, SHARE, violations);
  }

  /**
   * An empty queue.
   *
   * @param share how many events must wait for a request beside another, and how many it takes at
   *     least
   */
  PublishQueue(
      int limit, boolean dropOldest, int share, Consumer<BridgeEvent.PolicyViolation> violations) {
    this.share = share;
    this.limit = limit;
    this.dropOldest = dropOldest;
    this.violations = violations;
  }

  /** How many events wait or are being sent. */
  int size() {
    return size;
  }

  /** Takes an event. */
  void add(Publication event) {
    if (ended) {
      event.failed(ended());
      return;
    }
    event.before = last;
    if (last == null) {
      first = event;
    } else {
      last.after = event;
    }
    last = event;
    size++;
    lanesBlock &= busyLanes.contains(event.partitionKey);
    if (dropOldest && size > limit) {
      dropOne();
    }
  }

  /** Whether a request is to be made now. */
  boolean due(long now) {
    return isWanted() && !(paused && now - pauseEnd < 0);
  }

  private boolean isWanted() {
    return requests == 0
        ? first != null
        : requests < MAX_REQUESTS && size - onWire >= share && !lanesBlock;
  }

  /** The pause is over: a request is being prepared, until {@link #take} or there is no way. */
  void attempt() {
    paused = false;
    preparing = true;
  }

  /** The events of the next request, which is now under way; empty if there is nothing to send. */
  List<Publication> take(long now) {
    preparing = false;
    expire(now);
    int waiting = size - onWire;
    int most = Math.min(MAX_BATCH, waiting < 2 * share ? waiting : (waiting + 1) / 2);
    List<Publication> batch = new ArrayList<>(most);
    Set<String> lanes = new HashSet<>(busyLanes);
    long bytes = 0;
    for (Publication e = first; e != null && batch.size() < most; e = e.after) {
      if (e.onWire || (!e.partitionKey.isEmpty() && !lanes.add(e.partitionKey))) {
        continue;
      }
      bytes += e.envelope.length;
      if (bytes > MAX_BATCH_BYTES && !batch.isEmpty()) {
        break;
      }
      batch.add(e);
    }
    batch.forEach(this::send);
    requests += batch.isEmpty() ? 0 : 1;
    lanesBlock = batch.isEmpty();
    return batch;
  }

  private void send(Publication event) {
    event.onWire = true;
    onWire++;
    if (!event.partitionKey.isEmpty()) {
      busyLanes.add(event.partitionKey);
    }
  }

  /** A request was answered; {@code batch} is what {@link #take} gave for it. */
  void answered(List<Publication> batch, List<PublishStatusEntry> results, long now) {
    end(batch, true);
    if (results.size() != batch.size()) {
      pause(now);
      return;
    }
    boolean all = true;
    for (int i = 0; i < batch.size(); i++) {
      all &= ended || settle(batch.get(i), results.get(i));
    }
    if (!all) {
      pause(now);
    } else if (!paused) {
      rung = 0; // what another request came to meanwhile still counts
    }
  }

  /**
   * A request failed.
   *
   * @param batch what {@link #take} gave for it
   * @param left whether it may have reached the runtime
   */
  void failed(List<Publication> batch, boolean left, long now) {
    end(batch, left);
    pause(now);
  }

  /** There is no connection to send anything on. */
  void unreachable(long now) {
    preparing = false;
    pause(now);
  }

  /** The runtime is back: what waits is sent now. */
  void welcomed() {
    reset();
  }

  /** Gives up what has waited too long and is not being sent. */
  void expire(long now) {
    Publication e = first;
    while (e != null && e.deadline - now <= 0) {
      Publication next = e.after;
      if (!e.onWire) {
        remove(e);
        String how = e.sent ? "outcome unknown" : "not sent";
        e.failed(new CallTimeoutException(text(e, "no acknowledgement in time, " + how)));
      }
      e = next;
    }
  }

  /** When to look again: at the end of the pause, or when an event expires; or never. */
  long next() {
    Publication waiting = first;
    while (waiting != null && waiting.onWire) {
      waiting = waiting.after;
    }
    if (waiting == null) {
      return NEVER;
    }
    boolean retries = paused && !preparing && isWanted() && pauseEnd - waiting.deadline < 0;
    return retries ? pauseEnd : waiting.deadline;
  }

  /** Nothing new comes: pauses are short from now on. */
  void stop(long now) {
    stopping = true;
    long latest = now + TimeUnit.MILLISECONDS.toNanos(LADDER_MILLIS[0]);
    if (paused && pauseEnd - latest > 0) {
      pauseEnd = latest;
    }
  }

  /** Gives up everything. */
  void end() {
    ended = true;
    for (Publication e = first; e != null; e = first) {
      remove(e);
      e.failed(ended());
    }
  }

  static ConnectionException ended() {
    return new ConnectionException("client stopped before the acknowledgement", -1, null);
  }

  private void end(List<Publication> batch, boolean left) {
    requests--;
    onWire -= batch.size();
    lanesBlock = false;
    for (Publication e : batch) {
      e.onWire = false;
      e.sent |= left;
      busyLanes.remove(e.partitionKey);
    }
  }

  /** Returns whether the result decides. */
  private boolean settle(Publication event, PublishStatusEntry result) {
    switch (result.getStatus()) {
      case PUBLISH_STATUS_ACCEPTED -> accept(event, event.id);
      case PUBLISH_STATUS_REJECTED_DUPLICATE -> {
        String stored = result.getEventId();
        accept(event, stored.isEmpty() ? event.id : stored);
      }
      case PUBLISH_STATUS_REJECTED_INVALID_NAME -> {
        remove(event);
        event.failed(new InvalidEventNameException(text(event, result.getMessage())));
      }
      case PUBLISH_STATUS_REJECTED_FORBIDDEN -> forbid(event, result.getMessage());
      case PUBLISH_STATUS_REJECTED_CONFLICT -> {
        remove(event);
        event.failed(new ConflictException(text(event, result.getMessage())));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void accept(Publication event, String id) {
    remove(event);
    event.accepted(id);
  }

  private void forbid(Publication event, String said) {
    String reason = said.isEmpty() ? "access denied: event.publish " + event.name : said;
    remove(event);
    event.failed(new AccessDeniedException(text(event, reason)));
    violations.accept(
        new BridgeEvent.PolicyViolation("event.publish", event.name, "self_egress", reason));
  }

  private void dropOne() {
    Publication oldest = first;
    while (oldest != null && oldest.onWire) {
      oldest = oldest.after;
    }
    if (oldest != null) {
      remove(oldest);
      String text = "dropped for a newer one, " + limit + " events wait";
      oldest.failed(new QueueFullException(text(oldest, text)));
    }
  }

  private void remove(Publication event) {
    Publication before = event.before;
    Publication after = event.after;
    if (before == null) {
      first = after;
    } else {
      before.after = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.before = before;
    }
    event.before = null;
    event.after = null;
    size--;
  }

  /** Requests that fail side by side are one step of the ladder. */
  private void pause(long now) {
    if (paused && now - pauseEnd < 0) {
      return;
    }
    long millis = stopping ? LADDER_MILLIS[0] : LADDER_MILLIS[rung];
    rung = Math.min(rung + 1, LADDER_MILLIS.length - 1);
    pauseEnd = now + TimeUnit.MILLISECONDS.toNanos(millis);
    paused = true;
  }

  private void reset() {
    rung = 0;
    paused = false;
  }

  private static String text(Publication event, String what) {
    return "event " + event.name + " " + event.id + ": " + what;
  }
}
