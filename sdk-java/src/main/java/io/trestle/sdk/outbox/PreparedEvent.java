package io.trestle.sdk.outbox;

import java.util.Map;

/**
 * An event as it will be published, ready to be stored: name checked, payload encoded, with its own
 * id. It can be sent any number of times; the runtime stores it once (events.md 2.4).
 *
 * @param id a UUIDv7, larger than those made before it in this process
 * @param name its name
 * @param payload what subscribers get; not to be changed
 * @param payloadJson the same as JSON text, for filters; may be empty
 * @param contractHash version of the schema; empty without one
 * @param partitionKey its lane; empty for none
 * @param idempotencyKey empty for none
 * @param headers delivered to handlers as they are
 * @param occurredAtMillis when it happened, Unix time
 * @param trace the trace it belongs to; empty for a new one
 */
public record PreparedEvent(
    String id,
    String name,
    byte[] payload,
    byte[] payloadJson,
    String contractHash,
    String partitionKey,
    String idempotencyKey,
    Map<String, String> headers,
    long occurredAtMillis,
    String trace) {

  /** Copies the headers. */
  public PreparedEvent {
    headers = Map.copyOf(headers);
  }

  /** The same under another idempotency key. */
  public PreparedEvent withIdempotencyKey(String key) {
    return new PreparedEvent(
        id,
        name,
        payload,
        payloadJson,
        contractHash,
        partitionKey,
        key,
        headers,
        occurredAtMillis,
        trace);
  }

  /** About how many bytes it has on the wire. */
  public int size() {
    return payload.length + payloadJson.length + headers.toString().length() + 256;
  }
}
