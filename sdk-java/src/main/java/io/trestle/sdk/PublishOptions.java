package io.trestle.sdk;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one event is published (events.md 2.2). The runtime bounds both keys to 512 bytes and the
 * headers to 64 entries and 16 KiB.
 *
 * @param idempotencyKey a second publish of this service with the same key and content, within 24 h
 *     by default, is not stored and returns the first id; empty for none
 * @param partitionKey events of one key are delivered in the order of publishing, one at a time;
 *     empty for none
 * @param headers delivered to handlers as they are
 * @param occurredAt when it happened; null for now
 * @param fireAndForget returns the id at once. The event is sent and repeated as any other, but a
 *     failure is only logged, and it dies with the process
 * @param trace the trace the event belongs to, {@code <trace id>-<operation id>}; null for that of
 *     the handler the calling thread runs in, else a new one
 */
public record PublishOptions(
    String idempotencyKey,
    String partitionKey,
    Map<String, String> headers,
    @Nullable Instant occurredAt,
    boolean fireAndForget,
    @Nullable String trace) {

  /** Nothing set. */
  public static final PublishOptions DEFAULT =
      new PublishOptions("", "", Map.of(), null, false, null);

  /** Copies the headers. */
  public PublishOptions {
    headers = Map.copyOf(headers);
  }

  /** With a partition key. */
  public static PublishOptions keyed(String partitionKey) {
    return DEFAULT.withPartitionKey(partitionKey);
  }

  /** The same with another idempotency key. */
  public PublishOptions withIdempotencyKey(String value) {
    return new PublishOptions(value, partitionKey, headers, occurredAt, fireAndForget, trace);
  }

  /** The same with another partition key. */
  public PublishOptions withPartitionKey(String value) {
    return new PublishOptions(idempotencyKey, value, headers, occurredAt, fireAndForget, trace);
  }

  /** The same with other headers. */
  public PublishOptions withHeaders(Map<String, String> value) {
    return new PublishOptions(
        idempotencyKey, partitionKey, value, occurredAt, fireAndForget, trace);
  }

  /** The same with another time. */
  public PublishOptions withOccurredAt(Instant value) {
    return new PublishOptions(idempotencyKey, partitionKey, headers, value, fireAndForget, trace);
  }

  /** The same without waiting for the runtime. */
  public PublishOptions withFireAndForget() {
    return new PublishOptions(idempotencyKey, partitionKey, headers, occurredAt, true, trace);
  }

  /** The same within another trace. */
  public PublishOptions withTrace(String value) {
    return new PublishOptions(
        idempotencyKey, partitionKey, headers, occurredAt, fireAndForget, value);
  }
}
