package io.trestle.events.core;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A slot of a stream that is taken: by a delivery whose event is being brought, by one that is
 * handed out, or by one whose time is over while its handler may still run.
 */
final class Lease<E> extends Node {
  /** Kinds of chain: by expiry, and of one holder. */
  static final int EXPIRY = 0;

  static final int HOLDER = 1;

  enum State {
    RESERVED,
    LIVE,
    EXPIRED,
    ENDED
  }

  final Entry<E> entry;
  final UUID instance;

  /** What its event takes, as far as that was known when it took the slot. */
  final int bytes;

  State state = State.RESERVED;

  /** Null once the stream has ended. */
  @Nullable Outlet<E> outlet;

  /** The leases of its stream, or of its instance without a stream. */
  Chain<Lease<E>> holder;

  /** Where it waits for its end while LIVE. */
  @Nullable Chain<Lease<E>> expiry;

  long token;

  Lease(Entry<E> entry, Outlet<E> outlet) {
    super(2);
    this.entry = entry;
    this.outlet = outlet;
    this.instance = outlet.instance;
    this.bytes = entry.bytes;
    this.holder = outlet.leases;
    holder.add(this);
  }

  /** Goes on without its stream, in this chain. */
  void detach(Chain<Lease<E>> other) {
    holder.remove(this);
    outlet = null;
    holder = other;
    holder.add(this);
  }
}
