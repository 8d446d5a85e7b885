package io.trestle.events.core;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A delivery that is not finished, as the dispatcher keeps it. */
final class Entry<E> extends Node {
  /** Kinds of chain: by arrival, of one route, of one lane, and the one queue it waits in. */
  static final int ARRIVAL = 0;

  static final int ROUTE = 1;
  static final int LANE = 2;
  static final int READY = 3;

  /** Where a delivery is. The table is in {@link Dispatcher}. */
  enum State {
    /** Not the head of its lane. */
    BEHIND,
    /** Waits for its time, in the timers. */
    DUE,
    /** Could go out: in a queue of its route or of a stream. */
    READY,
    /** Holds a slot of a stream while its event is brought. */
    RESERVED,
    /** Handed out. */
    LEASED,
    /** Dead; the dead letter is being stored. */
    BURYING,
    /** Not kept any more. */
    GONE
  }

  final long position;
  final Route<E> route;
  final @Nullable Lane<E> lane;
  final long createdAt;

  State state = State.BEHIND;
  @Nullable E event;
  int bytes;
  boolean fetching;
  boolean heavy;
  boolean ready;

  int attempts;
  int losses;
  long dueAt;
  String error;
  @Nullable UUID avoid;

  /** Since when it could have gone out but for a stream. */
  long readyAt;

  /** The queue it is in while READY. */
  @Nullable Chain<Entry<E>> queue;

  /** The slot it holds while RESERVED or LEASED. */
  @Nullable Lease<E> lease;

  /** The lease that expired last, until the next hand-out: its ack still counts. */
  @Nullable Lease<E> late;

  Entry(Pending<E> pending, Route<E> route, @Nullable Lane<E> lane) {
    super(4);
    this.position = pending.position();
    this.route = route;
    this.lane = lane;
    this.createdAt = pending.createdAt();
    this.bytes = pending.bytes();
    Trouble trouble = pending.trouble();
    this.attempts = trouble.attempts();
    this.losses = trouble.losses();
    this.dueAt = trouble.dueAt();
    this.error = trouble.error();
    this.avoid = trouble.avoid();
  }

  Trouble trouble() {
    return new Trouble(attempts, losses, dueAt, error, avoid);
  }

  /** Whether it waits for something other than an answer or its burial. */
  boolean waits() {
    return state != State.LEASED && state != State.BURYING && state != State.GONE;
  }
}
