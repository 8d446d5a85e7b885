package io.trestle.sdk.internal.events;

import io.trestle.sdk.ServiceBridgeException;
import org.jspecify.annotations.Nullable;

/** An event that waits for its acknowledgement: what is sent, and what became of it so far. */
final class Publication {
  final String id;
  final String name;
  final String partitionKey;
  final byte[] envelope;
  final long deadline;
  private final Waiter waiter;

  /** The one that was pushed before, while it waits to be taken by the sender. */
  @Nullable Publication below;

  /** Neighbours in the queue. */
  @Nullable Publication before;

  @Nullable Publication after;

  /** Whether it is part of a request under way. */
  boolean onWire;

  /** Whether it may have reached the runtime. */
  boolean sent;

  /** Who waits for the outcome; told once. */
  interface Waiter {
    /** Stored, as this event. */
    void accepted(String eventId);

    /** Not stored, or nobody knows. */
    void failed(ServiceBridgeException why);
  }

  /**
   * An event to be sent.
   *
   * @param envelope its message, written
   * @param deadline when the wait ends, in nanoseconds of the clock of the queue
   */
  Publication(
      String id, String name, String partitionKey, byte[] envelope, long deadline, Waiter waiter) {
    this.id = id;
    this.name = name;
    this.partitionKey = partitionKey;
    this.envelope = envelope;
    this.deadline = deadline;
    this.waiter = waiter;
  }

  void accepted(String eventId) {
    waiter.accepted(eventId);
  }

  void failed(ServiceBridgeException why) {
    waiter.failed(why);
  }
}
