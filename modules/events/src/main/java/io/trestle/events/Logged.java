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
    Map<String, String> headers = event.headers();
    int extra = headers.isEmpty() ? 0 : bytes(headers);
    return OVERHEAD + extra + event.payload().length + event.payloadJson().length;
  }

  private static int bytes(Map<String, String> headers) {
    int bytes = 0;
    for (Map.Entry<String, String> header : headers.entrySet()) {
      bytes += OVERHEAD / 4 + 2 * (header.getKey().length() + header.getValue().length());
    }
    return bytes;
  }

  /** The trace of an event that came without one: its id is the trace and the publish in it. */
  static String root(UUID id) {
    String own = id.toString();
    return own + '-' + own;
  }

  /** That of one of its deliveries. Older logs hold events without a trace. */
  String traceUnder(UUID delivery) {
    return TraceContext.traceIdOf(event.trace()).orElseGet(id::toString) + '-' + delivery;
  }

  /** The same at another place, for these subscriptions. */
  Logged at(long otherPosition, int[] numbers) {
    return new Logged(
        otherPosition, id, publisherService, publisherInstance, event, numbers, createdAt);
  }
}
