package io.trestle.events.core;

import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher of one consumer: which delivery goes to which instance when, and what its answer,
 * its silence or its loss means. The rules are sections 6 to 8 of the specification of events.
 *
 * <p><b>State.</b> One entry per unfinished delivery. It is always in exactly one place:
 *
 * <pre>
 * state     where it is kept                   leaves it when
 * BEHIND    its lane                           it becomes head: DUE or READY
 * DUE       the timers                         its time comes: READY
 * READY     queue of its route, of a stream,   a slot is free: LEASED, or RESERVED without event;
 *           or held (nobody may take it)       who consumes changes: READY elsewhere
 * RESERVED  a slot                             fetched: LEASED; the stream goes: READY
 * LEASED    a slot and the queue of leases     ack: finished; nack, expiry, loss: DUE, READY or
 *                                              BURYING
 * BURYING   nowhere else                       buried: gone
 * any but LEASED                               orphaned, offline too long: BURYING
 * </pre>
 *
 * <p>Independent of that, a slot of a stream is taken from the hand-out until the answer or the end
 * of the stream, also when the lease is over meanwhile, since the handler still runs. A stream that
 * fetches ({@link #openPulled}) is asked for by whoever is there at the moment: it has a free slot
 * only while more is wanted than is being brought, and one whose lease is over is free again.
 *
 * <p><b>Invariants.</b> A stream never has more slots taken than it has, and gets nothing while 16
 * MiB of events are unanswered on it. A lane has at most one delivery that is not BEHIND or
 * BURYING: its first. A delivery has at most one live lease, and an answer reaches it only with the
 * token of that one, or of the last one while it has not been handed out again. Attempts grow by
 * nacks and expiries alone. After every call no free slot has something to take. What is stored
 * ({@link DispatchActions#store}) plus the outstanding positions is all that is needed to go on in
 * another process: hand-outs under way do not count there. A dead letter that is being stored is
 * not stored as trouble before; if the process dies in between, the attempt that led to it is made
 * again.
 *
 * <p><b>Ways.</b> Who may take what depends on what matched and on who consumes, not on the single
 * delivery. So it is decided per {@link Route} (set of subscriptions that matched) when one of them
 * changes; routes with the same streams share a {@link Pool}. Offer, hand-out and ack then are a
 * few links and array accesses; time is a queue per length of lease ({@link Leases}) and one heap
 * for the rest ({@link Timers}).
 *
 * <p><b>Rejected.</b> Claiming from a table per hand-out (the lane gate becomes a query; a few
 * hundred a second). One queue for all and skipping what does not fit (a scan as soon as two
 * instances differ). Queues per stream for unkeyed deliveries (a hung stream keeps what others
 * could do). Removing expired leases lazily from a heap (it fills up with acknowledged ones).
 * Freeing the slot of an expired lease (every hung handler then costs other deliveries an attempt).
 *
 * <p>Times are Unix milliseconds. Not thread-safe: one thread owns it. {@link DispatchActions} are
 * called within the calls and must not call back. Ask {@link #nextTick} after every call.
 *
 * @param <E> the event, never looked into
 */
public final class Dispatcher<E> {
  private static final UUID NOBODY = new UUID(0, 0);

  private final Supplier<DispatchRules> rules;
  private final Audience audience = new Audience();
  private final Book<E> book = new Book<>();
  private final Timers timers = new Timers();
  private final Memory<E> memory;
  private final Slots<E> slots;
  private final Router<E> router;
  private final Outcomes<E> outcomes;
  private final OfflineSweep<E> sweep;
  private long clock;

  /**
   * @param rules asked at each transition, so a change takes effect at once
   * @param random for jitter and for the choice of unkeyed deliveries
   * @param pool the memory that it shares with the dispatchers of other consumers
   */
  public Dispatcher(
      DispatchActions<E> actions,
      Supplier<DispatchRules> rules,
      RandomGenerator random,
      MemoryPool pool) {
    this.rules = rules;
    memory = new Memory<>(pool.join(actions::vacant));
    slots = new Slots<>(actions, rules, memory);
    router = new Router<>(audience, slots, timers, memory, rules, random);
    outcomes =
        new Outcomes<>(actions, rules, random, audience, book, slots, router, timers, memory);
    sweep = new OfflineSweep<>(rules, audience, book, outcomes);
  }

  /**
   * Who consumes now. While {@code live} is empty nothing is handed out, orphaned or counted as an
   * attempt.
   *
   * @param live instances that are registered and whose session has not ended
   * @param effective union of their subscriptions; the last union while nobody lives
   * @param byRegistration the set changed by a registration: what left is orphaned at once;
   *     otherwise after {@link DispatchRules#orphanGraceMillis()}
   */
  public void members(
      List<Member> live, List<Subscription> effective, boolean byRegistration, long now) {
    boolean before = audience.online();
    long grace = byRegistration ? 0 : rules.get().orphanGraceMillis();
    audience.update(live, effective, grace, now);
    change(null, now);
    if (before && !audience.online()) {
      letGoOfWaiting();
    }
  }

  /**
   * The consumer is no more: nothing is handed out again, and all that waits and all that is
   * offered becomes dead letters. What is out may be answered.
   */
  public void dissolve(Burial.Reason reason, String error, long now) {
    outcomes.orphansAre(reason, error);
    paused(false, now);
    Member nobody = new Member(NOBODY, false, false, List.of());
    members(List.of(nobody), List.of(), true, now);
  }

  /** Since when nobody lives, as restored at start; without it, since the first call. */
  public void offlineSince(long millis) {
    audience.offlineSince(millis);
  }

  /**
   * Paused, nothing is handed out, orphaned, or dead because of offline time; answers and leases go
   * on. This is for the capability {@code event.handle}: say {@link #members} before it ends. (A
   * revoked service simply has no live instance: its deliveries do grow old.)
   */
  public void paused(boolean paused, long now) {
    audience.paused(paused);
    change(null, now);
  }

  /**
   * A stream of an instance; the instance may become a member later.
   *
   * @param stream not yet in use
   * @param maxInFlight unanswered deliveries at a time, at least 1
   */
  public void open(long stream, UUID instance, int maxInFlight, long now) {
    if (maxInFlight < 1) {
      throw new IllegalArgumentException("maxInFlight: " + maxInFlight + " (expected: at least 1)");
    }
    open(stream, instance, new Window(maxInFlight), now);
  }

  /**
   * A stream of an instance that several consumers share.
   *
   * @param stream not yet in use
   * @param window the same one at all of them
   */
  public void open(long stream, UUID instance, Window window, long now) {
    open(new Outlet<>(stream, instance, window, false), now);
  }

  /**
   * A stream that fetches: it gets only what it asks for with {@link #demand}, and a delivery whose
   * lease is over gives its slot back, since nobody may ever answer it.
   *
   * @param stream not yet in use
   */
  public void openPulled(long stream, UUID instance, int maxInFlight, long now) {
    open(new Outlet<>(stream, instance, new Window(maxInFlight), true), now);
  }

  private void open(Outlet<E> outlet, long now) {
    if (slots.outlets.get(outlet.stream) != null) {
      throw new IllegalArgumentException(
          "stream: " + outlet.stream + " (expected: one not open yet)");
    }
    slots.outlets.put(outlet.stream, outlet);
    change(null, now);
  }

  /**
   * What a stream that fetches wants now, instead of what it wanted before; each hand-out makes it
   * one less.
   *
   * @param maxInFlight unanswered deliveries at a time, at least 1
   * @param wanted hand-outs, 0 for none
   */
  public void demand(long stream, int maxInFlight, int wanted, long now) {
    clock = now;
    Outlet<E> outlet = slots.outlets.get(stream);
    if (outlet == null) {
      return;
    }
    outlet.demand(maxInFlight, wanted);
    if (outlet.overdone()) {
      change(null, now);
    } else {
      slots.note(outlet);
      slots.settle(now);
    }
  }

  /**
   * A delivery never reached whom it was for: as if it had not been handed out.
   *
   * @return whether it was still out with this token
   */
  public boolean unsent(long stream, long position, long token, long now) {
    clock = now;
    Outlet<E> outlet = slots.outlets.get(stream);
    Lease<E> lease = outlet == null ? null : slots.valid(outlet, book.get(position), token, true);
    boolean live = lease != null && lease.state == Lease.State.LIVE;
    if (lease != null && live) {
      slots.end(lease);
      outcomes.unsent(lease.entry, now);
      slots.settle(now);
    }
    return live;
  }

  /**
   * There may be a free slot that another consumer has left.
   *
   * @return whether something was taken
   */
  public boolean fill(long stream, long now) {
    clock = now;
    Outlet<E> outlet = slots.outlets.get(stream);
    if (outlet == null) {
      return false;
    }
    int before = outlet.leases.size();
    slots.note(outlet);
    slots.settle(now);
    return outlet.leases.size() > before;
  }

  /** Nothing new for this stream; its answers are still taken. */
  public void quiesce(long stream) {
    Outlet<E> outlet = slots.outlets.get(stream);
    if (outlet != null) {
      outlet.quiesced = true;
      change(null, clock);
    }
  }

  /**
   * A stream has ended. What it held goes elsewhere without a spent attempt (T5): unkeyed
   * deliveries at once, keyed ones when the session of the instance or the lease ends (events.md
   * 7.6).
   */
  public void close(long stream, boolean sessionEnded, long now) {
    Outlet<E> outlet = slots.outlets.remove(stream);
    if (outlet == null) {
      return;
    }
    change(outlet, now);
    for (Lease<E> l = outlet.leases.first(); l != null; l = outlet.leases.first()) {
      Entry<E> entry = l.entry;
      if (l.state == Lease.State.LIVE && entry.lane != null && !sessionEnded) {
        slots.detach(l);
      } else {
        giveBack(l, now);
      }
    }
    slots.settle(now);
  }

  /** The session of an instance has ended: keyed deliveries that its ended stream held go on. */
  public void sessionEnded(UUID instance, long now) {
    clock = now;
    Lease<E> lease = slots.detached(instance);
    while (lease != null) {
      giveBack(lease, now);
      lease = slots.detached(instance);
    }
    slots.settle(now);
  }

  /**
   * Takes a delivery; one that is outstanding already is ignored. In a lane the one that is offered
   * first goes first, so a replayed one joins at the tail.
   */
  public void offer(Pending<E> pending, long now) {
    clock = now;
    if (book.get(pending.position()) != null) {
      return;
    }
    Entry<E> entry = book.add(pending, router.route(pending.match(), now));
    Lane<E> lane = entry.lane;
    int ahead = lane == null ? 0 : lane.entries.size() - 1;
    memory.admit(entry, audience.online() ? pending.event() : null, ahead);
    if (ahead == 0) {
      outcomes.turn(entry, now);
    } else if (router.orphaned(entry.route, now)) {
      outcomes.orphan(entry);
    }
    slots.settle(now);
  }

  /**
   * How many more it takes now; 0 = stop reading the log for this consumer. Not more than 4096 that
   * need memory soon, 100 000 in all, 64 MiB of events by the average of those in memory, and what
   * other consumers leave of the {@link MemoryPool}; see {@link Memory}. More are taken if they are
   * offered.
   */
  public int room() {
    return memory.room(book.size());
  }

  /** It need not wait for its time any longer, if it does. */
  public void hasten(long position, long now) {
    clock = now;
    Entry<E> entry = book.get(position);
    if (entry != null && entry.dueAt > now) {
      entry.dueAt = now;
      if (entry.state == Entry.State.DUE) {
        timers.remove(entry);
        outcomes.turn(entry, now);
        slots.settle(now);
      }
    }
  }

  /** The event that {@link DispatchActions#fetch} asked for; ignored if no longer needed. */
  public void fetched(long position, E event, int bytes, long now) {
    clock = now;
    Entry<E> entry = book.get(position);
    if (entry == null) {
      return;
    }
    entry.fetching = false;
    boolean reserved = entry.state == Entry.State.RESERVED;
    if (entry.event == null && entry.waits() && (reserved || audience.online())) {
      entry.bytes = bytes;
      memory.keep(entry, event);
    }
    if (reserved) {
      slots.send(entry, event, now);
    }
  }

  /**
   * What {@link DispatchActions#fetch} asked for does not exist: the position is finished, and the
   * next of its lane has its turn.
   *
   * @return whether it was outstanding and still had to be handed out; if not, nothing changed
   */
  public boolean missing(long position, long now) {
    clock = now;
    Entry<E> entry = book.get(position);
    if (entry == null) {
      return false;
    }
    entry.fetching = false;
    boolean ends = entry.event == null && entry.waits();
    if (ends) {
      outcomes.missing(entry, now);
      slots.settle(now);
    }
    return ends;
  }

  /** The dead letter is stored: the position is finished. */
  public void buried(long position, long now) {
    clock = now;
    Entry<E> entry = book.get(position);
    if (entry != null && entry.state == Entry.State.BURYING) {
      outcomes.remove(entry, now);
      slots.settle(now);
    }
  }

  /**
   * The handler has done it.
   *
   * @param tokenGiven false for clients that do not send tokens: then the delivery must be leased
   *     to this very stream
   * @return whether it counted; if not, nothing changed but that a slot may be free
   */
  public boolean ack(long stream, long position, long token, boolean tokenGiven, long now) {
    clock = now;
    Outlet<E> outlet = slots.outlets.get(stream);
    if (outlet == null) {
      return false;
    }
    Lease<E> lease = slots.valid(outlet, book.get(position), token, tokenGiven);
    if (lease == null) {
      slots.vacate(outlet, position, token, tokenGiven);
    } else {
      slots.end(lease);
      outcomes.succeeded(lease.entry, now);
    }
    slots.settle(now);
    return lease != null;
  }

  /**
   * The handler has not done it.
   *
   * @return whether it counted; one that comes after the lease is over does not
   */
  public boolean nack(
      long stream, long position, long token, boolean tokenGiven, Nack nack, long now) {
    clock = now;
    Outlet<E> outlet = slots.outlets.get(stream);
    if (outlet == null) {
      return false;
    }
    Lease<E> lease = slots.valid(outlet, book.get(position), token, tokenGiven);
    boolean counts = lease != null && lease.state == Lease.State.LIVE;
    if (lease == null) {
      slots.vacate(outlet, position, token, tokenGiven);
    } else {
      slots.end(lease);
      if (counts) {
        outcomes.refused(lease.entry, lease.instance, nack, now);
      }
    }
    slots.settle(now);
    return counts;
  }

  /** What is due by now: leases, retries, graces, offline time. */
  public void tick(long now) {
    clock = now;
    for (Lease<E> lease = slots.leases.expired(now);
        lease != null;
        lease = slots.leases.expired(now)) {
      if (lease.outlet == null) {
        giveBack(lease, now);
      } else if (lease.outlet.pulled) {
        slots.end(lease);
        outcomes.timedOut(lease.entry, lease.instance, now);
      } else {
        slots.expire(lease);
        outcomes.timedOut(lease.entry, lease.instance, now);
      }
    }
    timers(now);
    sweep.run(now);
    slots.settle(now);
  }

  /** When {@link #tick} has something to do; {@link Long#MAX_VALUE} when nothing waits for time. */
  public long nextTick() {
    return Math.min(sweep.next(), Math.min(slots.leases.next(), timers.next()));
  }

  /** Whether it was offered and is neither acknowledged nor buried. */
  public boolean isOutstanding(long position) {
    return book.get(position) != null;
  }

  /** All positions that are outstanding, ascending. O(n). */
  public long[] outstanding() {
    return book.positions();
  }

  /** Outstanding and not handed out. */
  public int waiting() {
    return book.size() - inFlight();
  }

  /** Those that wait for nothing but a free slot of a stream that may take them. */
  public int ready() {
    return memory.ready();
  }

  /** Handed out, the answer or the end of the lease to come. */
  public int inFlight() {
    return slots.leases.size();
  }

  /** All that are outstanding. */
  public int outstandingCount() {
    return book.size();
  }

  /**
   * Creation of the outstanding delivery that was offered first; {@link Long#MAX_VALUE} if none.
   */
  public long oldestCreatedAt() {
    Entry<E> first = book.arrivals().first();
    return first == null ? Long.MAX_VALUE : first.createdAt;
  }

  /** Slots of a stream that are taken, also by leases that are over; 0 if it is not open. */
  public int taken(long stream) {
    Outlet<E> outlet = slots.outlets.get(stream);
    return outlet == null ? 0 : outlet.leases.size();
  }

  /** Streams that are open. */
  public int streams() {
    return slots.outlets.size();
  }

  private void change(@Nullable Outlet<E> closed, long now) {
    clock = now;
    router.rebuild(closed, now);
    timers(now);
    slots.settle(now);
  }

  private void timers(long now) {
    for (Node node = timers.due(now); node != null; node = timers.due(now)) {
      if (node instanceof Route<?>) {
        outcomes.orphan(route(node));
      } else {
        due(entry(node), now);
      }
    }
  }

  private void due(Entry<E> entry, long now) {
    if (entry.state == Entry.State.DUE) {
      outcomes.turn(entry, now);
    } else {
      router.withdraw(entry);
      router.place(entry, now);
    }
  }

  /** T5. */
  private void giveBack(Lease<E> lease, long now) {
    boolean live = lease.state == Lease.State.LIVE;
    slots.end(lease);
    if (live) {
      outcomes.lost(lease.entry, 0, now);
    }
  }

  private void letGoOfWaiting() {
    Entry<E> entry = book.arrivals().first();
    for (; entry != null; entry = book.arrivals().after(entry)) {
      if (entry.waits()) {
        memory.letGo(entry);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private Route<E> route(Node node) {
    return (Route<E>) node;
  }

  @SuppressWarnings("unchecked")
  private Entry<E> entry(Node node) {
    return (Entry<E>) node;
  }
}
