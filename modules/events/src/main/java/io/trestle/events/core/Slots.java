package io.trestle.events.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The streams and what holds their slots; hands out, and knows which answer is valid. */
final class Slots<E> {
  private final DispatchActions<E> actions;
  private final Supplier<DispatchRules> rules;
  private final Memory<E> memory;

  final LongMap<Outlet<E>> outlets = new LongMap<>();
  final Leases<E> leases = new Leases<>();

  /** By instance: keyed deliveries whose stream ended while the session went on. */
  private final Map<UUID, Chain<Lease<E>>> detached = new HashMap<>();

  /** Streams that got a free slot or something to take in this call. */
  private final List<Outlet<E>> noted = new ArrayList<>();

  private long tokens;

  Slots(DispatchActions<E> actions, Supplier<DispatchRules> rules, Memory<E> memory) {
    this.actions = actions;
    this.rules = rules;
    this.memory = memory;
  }

  /** The end of every call: what has become possible is done. */
  void settle(long now) {
    for (int i = noted.size() - 1; i >= 0; i = noted.size() - 1) {
      Outlet<E> outlet = noted.remove(i);
      outlet.noted = false;
      while (outlet.member != null && outlet.hasFree() && !outlet.window.yields(outlet)) {
        Entry<E> entry = outlet.next();
        if (entry == null) {
          break;
        }
        entry.queue = null;
        give(outlet, entry, now);
      }
      outlet.window.offer(outlet);
    }
  }

  void note(Outlet<E> outlet) {
    if (!outlet.noted) {
      outlet.noted = true;
      noted.add(outlet);
    }
  }

  /** The delivery gets a slot: it is handed out, or its event is brought first. */
  void give(Outlet<E> outlet, Entry<E> entry, long now) {
    Lease<E> lease = outlet.take(entry);
    entry.lease = lease;
    entry.state = Entry.State.RESERVED;
    if (entry.event != null) {
      send(entry, entry.event, now);
      return;
    }
    memory.weigh(entry);
    bring(entry);
  }

  /** Asks for the event unless it is there or under way; true if it did. */
  boolean bring(Entry<E> entry) {
    if (entry.fetching || entry.event != null) {
      return false;
    }
    entry.fetching = true;
    actions.fetch(entry.position);
    return true;
  }

  /** T1, of a delivery that has a slot. */
  void send(Entry<E> entry, E event, long now) {
    Lease<E> lease = Objects.requireNonNull(entry.lease);
    Outlet<E> outlet = Objects.requireNonNull(lease.outlet);
    Instance member = Objects.requireNonNull(outlet.member);
    lease.state = Lease.State.LIVE;
    outlet.sent();
    lease.token = ++tokens;
    leases.add(lease, now, rules.get().visibilityMillis());
    entry.state = Entry.State.LEASED;
    entry.late = null;
    memory.handedOut(entry);
    actions.handOut(
        new Handout<>(
            outlet.stream,
            outlet.instance,
            entry.position,
            event,
            entry.attempts + 1,
            lease.token,
            entry.route.patterns(member)));
  }

  /** The lease that this answer ends, live or late; null if it ends none. */
  @Nullable Lease<E> valid(Outlet<E> outlet, @Nullable Entry<E> entry, long token, boolean given) {
    if (entry == null) {
      return null;
    }
    Lease<E> lease = entry.state == Entry.State.LEASED ? entry.lease : entry.late;
    if (lease == null || !lease.instance.equals(outlet.instance)) {
      return null;
    }
    return (given ? lease.token == token : lease.outlet == outlet) ? lease : null;
  }

  /** An answer that counts for nothing tells at least that a handler is through. */
  void vacate(Outlet<E> outlet, long position, long token, boolean given) {
    Lease<E> lease = given ? outlet.expired.get(token) : oldestExpired(outlet, position);
    if (lease != null && lease.entry.position == position) {
      end(lease);
    }
  }

  private @Nullable Lease<E> oldestExpired(Outlet<E> outlet, long position) {
    if (outlet.expired.size() == 0) {
      return null;
    }
    Lease<E> lease = outlet.leases.first();
    while (lease != null
        && (lease.state != Lease.State.EXPIRED || lease.entry.position != position)) {
      lease = outlet.leases.after(lease);
    }
    return lease;
  }

  /** Its time is over; the slot stays taken, for the handler may still run. */
  void expire(Lease<E> lease) {
    Outlet<E> outlet = Objects.requireNonNull(lease.outlet);
    lease.state = Lease.State.EXPIRED;
    outlet.expired.put(lease.token, lease);
    lease.entry.lease = null;
    lease.entry.late = lease;
  }

  /** The slot is free again. */
  void end(Lease<E> lease) {
    leases.remove(lease);
    Outlet<E> outlet = lease.outlet;
    if (outlet == null) {
      lease.holder.remove(lease);
      if (lease.holder.isEmpty()) {
        detached.remove(lease.instance, lease.holder);
      }
    } else {
      if (lease.state == Lease.State.EXPIRED) {
        outlet.expired.remove(lease.token);
      }
      outlet.release(lease);
      note(outlet);
    }
    lease.state = Lease.State.ENDED;
    forget(lease);
  }

  private void forget(Lease<E> lease) {
    if (lease.entry.lease == lease) {
      lease.entry.lease = null;
    }
    if (lease.entry.late == lease) {
      lease.entry.late = null;
    }
  }

  /** The stream has gone, the handler may still run: nobody else gets it for now. */
  void detach(Lease<E> lease) {
    lease.detach(detached.computeIfAbsent(lease.instance, i -> new Chain<>(Lease.HOLDER)));
  }

  /** A delivery that an instance without stream still holds; null if none. */
  @Nullable Lease<E> detached(UUID instance) {
    Chain<Lease<E>> held = detached.get(instance);
    return held == null ? null : held.first();
  }
}
