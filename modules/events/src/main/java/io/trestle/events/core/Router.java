package io.trestle.events.core;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where a delivery that is ready goes. Everything that depends on who consumes is worked out anew
 * when that changes ({@link #rebuild}): for each route the streams that may take its deliveries,
 * and equal sets of streams as one {@link Pool}. Between changes a delivery finds its place in O(1)
 * (keyed: one hash per stream).
 *
 * <p>After every call no stream has both a free slot and something that it may take.
 */
final class Router<E> {
  /** How long a delivery waits for an instance that declares all its patterns (events.md 6.7.2). */
  static final long PARTIAL_MILLIS = 30_000;

  /** Routes without deliveries that are kept for the next event of their kind. */
  private static final int IDLE_ROUTES = 1024;

  private final Audience audience;
  private final Slots<E> slots;
  private final Timers timers;
  private final Memory<E> memory;
  private final Supplier<DispatchRules> rules;
  private final RandomGenerator random;

  private final Map<Match, Route<E>> routes = new HashMap<>();
  private final Map<BitSet, Pool<E>> pools = new HashMap<>();
  private final List<Outlet<E>> usable = new ArrayList<>();

  Router(
      Audience audience,
      Slots<E> slots,
      Timers timers,
      Memory<E> memory,
      Supplier<DispatchRules> rules,
      RandomGenerator random) {
    this.audience = audience;
    this.slots = slots;
    this.timers = timers;
    this.memory = memory;
    this.rules = rules;
    this.random = random;
  }

  Route<E> route(Match match, long now) {
    Route<E> route = routes.get(match);
    if (route == null) {
      route = new Route<>(match);
      routes.put(match, route);
      assign(route, now);
    }
    return route;
  }

  /** Its last delivery may have gone. */
  void left(Route<E> route) {
    if (route.all.isEmpty() && routes.size() > IDLE_ROUTES) {
      timers.remove(route);
      routes.remove(route.match);
    }
  }

  /** Whether its deliveries are dead letters by now (T7). */
  boolean orphaned(Route<E> route, long now) {
    return audience.open() && route.remaining.isEmpty() && route.orphanedAt <= now;
  }

  /** A delivery that waits for nothing but somebody to take it. */
  void place(Entry<E> entry, long now) {
    entry.state = Entry.State.READY;
    Route<E> route = entry.route;
    Pool<E> pool = route.pool;
    long from = Math.max(entry.readyAt, route.since) + PARTIAL_MILLIS;
    if (pool == null) {
      enqueue(route.held, entry);
    } else if (route.mode == Route.Coverage.SOME && now < from) {
      enqueue(route.held, entry);
      timers.put(entry, from);
    } else if (entry.lane == null) {
      placeUnkeyed(entry, pool, now);
    } else {
      placeKeyed(entry, entry.lane, pool);
    }
    memory.placed(entry);
  }

  private void placeUnkeyed(Entry<E> entry, Pool<E> pool, long now) {
    Route<E> route = entry.route;
    if (route.queue.isEmpty() && pool.freeCount() > 0) {
      slots.give(Choice.twoRandom(pool, entry.avoid, random), entry, now);
    } else {
      enqueue(route.queue, entry);
      pool.list(route);
    }
  }

  private void placeKeyed(Entry<E> entry, Lane<E> lane, Pool<E> pool) {
    Outlet<E> outlet = Choice.rendezvous(pool.outlets, lane.hash, entry.avoid);
    if (outlet == null) {
      enqueue(entry.route.held, entry);
    } else {
      enqueue(outlet.keyed, entry);
      slots.note(outlet);
    }
  }

  private void enqueue(Chain<Entry<E>> queue, Entry<E> entry) {
    queue.add(entry);
    entry.queue = queue;
  }

  /** Takes it out of whatever it waits in. */
  void withdraw(Entry<E> entry) {
    timers.remove(entry);
    if (entry.queue != null) {
      entry.queue.remove(entry);
      entry.queue = null;
    }
    if (entry.state == Entry.State.RESERVED && entry.lease != null) {
      slots.end(entry.lease);
    }
  }

  /**
   * Who consumes has changed.
   *
   * @param closed a stream that has just ended, or null
   */
  void rebuild(@Nullable Outlet<E> closed, long now) {
    List<Entry<E>> moved = new ArrayList<>();
    pools.clear();
    usable.clear();
    if (closed != null) {
      refresh(closed, null, moved);
    }
    slots.outlets.forEach(o -> refresh(o, o.quiesced ? null : audience.taker(o.instance), moved));
    routes.values().removeIf(route -> idle(route));
    routes.values().forEach(route -> reassign(route, moved, now));
    moved.forEach(entry -> place(entry, now));
    pools.values().forEach(pool -> drain(pool, now));
  }

  private boolean idle(Route<E> route) {
    if (route.all.isEmpty()) {
      timers.remove(route);
    }
    return route.all.isEmpty();
  }

  private void refresh(Outlet<E> outlet, @Nullable Instance member, List<Entry<E>> moved) {
    outlet.leaveAll();
    outlet.member = member;
    empty(outlet.keyed, moved);
    Lease<E> lease = outlet.leases.first();
    while (lease != null) {
      Lease<E> following = outlet.leases.after(lease);
      if (lease.state == Lease.State.RESERVED) {
        slots.end(lease);
        moved.add(lease.entry);
      }
      lease = following;
    }
    if (member != null) {
      usable.add(outlet);
    }
  }

  private void reassign(Route<E> route, List<Entry<E>> moved, long now) {
    boolean before = route.mode == Route.Coverage.ALL;
    boolean parked = route.parked;
    assign(route, now);
    Pool<E> pool = route.pool;
    empty(route.held, moved);
    if (pool == null || !before || route.mode != Route.Coverage.ALL) {
      empty(route.queue, moved);
    } else if (!route.queue.isEmpty()) {
      pool.list(route);
    }
    if (parked != route.parked) {
      for (Entry<E> e = route.queue.first(); e != null; e = route.queue.after(e)) {
        memory.placed(e);
      }
    }
  }

  private void empty(Chain<Entry<E>> queue, List<Entry<E>> moved) {
    for (Entry<E> entry = queue.poll(); entry != null; entry = queue.poll()) {
      entry.queue = null;
      timers.remove(entry);
      moved.add(entry);
    }
  }

  private void assign(Route<E> route, long now) {
    route.reset();
    timers.remove(route);
    Route.Coverage before = route.mode;
    route.mode = Route.Coverage.NONE;
    if (!audience.open()) {
      return;
    }
    route.remaining = audience.remaining(route.match);
    if (route.remaining.isEmpty()) {
      route.orphanedAt = audience.orphanedAt(route.match, rules.get().orphanGraceMillis(), now);
      timers.put(route, route.orphanedAt);
      return;
    }
    route.mode = audience.anyCovers(route) ? Route.Coverage.ALL : Route.Coverage.SOME;
    if (before != route.mode) {
      route.since = now;
    }
    Pool<E> pool = pool(route);
    route.pool = pool;
    route.parked = pool.outlets.isEmpty();
  }

  private Pool<E> pool(Route<E> route) {
    BitSet members = new BitSet();
    for (int i = 0; i < usable.size(); i++) {
      Instance instance = usable.get(i).member;
      if (instance != null && route.coverage(instance).compareTo(route.mode) >= 0) {
        members.set(i);
      }
    }
    Pool<E> pool = pools.get(members);
    if (pool == null) {
      pool = new Pool<>(members.stream().mapToObj(usable::get).toList());
      pools.put(members, pool);
    }
    return pool;
  }

  private void drain(Pool<E> pool, long now) {
    while (pool.freeCount() > 0) {
      Entry<E> entry = pool.poll();
      if (entry == null) {
        return;
      }
      entry.queue = null;
      slots.give(Choice.twoRandom(pool, entry.avoid, random), entry, now);
    }
  }
}
