package io.trestle.events;

import io.trestle.conversations.Events.Event;
import io.trestle.protocol.TraceContext;
import java.util.Map;
import java.util.UUID;

/**
 * An event with its place.
 *
 * @param position in the log, or that of a replay
 * @param matched numbers of all subscriptions that matched, of every consumer, ascending
 */
record Logged(
    long position,
    UUID id,
    UUID publisherService,
    UUID publisherInstance,
    Event event,
    int[] matched,
    long createdAt) {
  private static final int OVERHEAD = 512;

  /** What it takes in memory, roughly. */
  int bytes() {
    int headers = 0;
    for (Map.Entry<String, String> header : event.headers().entrySet()) {
      headers += OVERHEAD / 4 + 2 * (header.getKey().length() + header.getValue().length());
    }
    return OVERHEAD + headers + event.payload().length + event.payloadJson().length;
  }

  /** The trace of an event that came without one: its id is the trace and the publish in it. */
  static TraceContext root(UUID id) {
    String own = id.toString();
    return new TraceContext(own, own);
  }

  /** What its deliveries are part of. Older logs hold events without a trace. */
  TraceContext trace() {
    return TraceContext.parse(event.trace()).orElseGet(() -> root(id));
  }

  /** The same at another place, for these subscriptions. */
  Logged at(long otherPosition, int[] numbers) {
    return new Logged(
        otherPosition, id, publisherService, publisherInstance, event, numbers, createdAt);
  }
}
