package io.trestle.events.core;

import io.trestle.conversations.Events.Event;
import io.trestle.events.core.Verdict.Status;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.events.EventName;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Denial;
import io.trestle.protocol.policy.ServicePolicy;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of an event without asking the database, in the order of events.md 2.5.2: name,
 * id, sizes, capability, rules.
 */
public final class EnvelopeCheck {
  /** Largest partition key and idempotency key, in bytes of UTF-8. */
  static final int KEY_BYTES = 512;

  static final int HEADERS = 64;
  static final int HEADER_BYTES = 16 << 10;

  private EnvelopeCheck() {}

  /**
   * Why the event is refused, or null when it is not.
   *
   * @param maxBytes of name, headers, payload and JSON view together
   * @param publisher name of the service, for people
   */
  public static @Nullable Verdict refusal(
      Event event, int maxBytes, ServicePolicy policy, String publisher) {
    String name = EventName.problem(event.name());
    if (name != null) {
      return Verdict.of(Status.INVALID_NAME, name);
    }
    if (UuidText.parse(event.id()).isEmpty()) {
      return Verdict.of(Status.INVALID_NAME, "invalid event id");
    }
    String size = size(event, maxBytes);
    if (size != null) {
      return Verdict.of(Status.FORBIDDEN, size);
    }
    if (!policy.can(Capability.EVENT_PUBLISH)) {
      return denied(Denial.CALLER_CAPABILITY, publisher, event);
    }
    return policy.allows(Action.EVENT_PUBLISH, event.name())
        ? null
        : denied(Denial.EGRESS, publisher, event);
  }

  private static Verdict denied(Denial side, String publisher, Event event) {
    return Verdict.of(Status.FORBIDDEN, side.text(publisher, event.name()));
  }

  private static @Nullable String size(Event event, int maxBytes) {
    String key = key("partition key", event.partitionKey());
    if (key == null) {
      key = key("idempotency key", event.idempotencyKey());
    }
    return key != null ? key : headersAndTotal(event, maxBytes);
  }

  private static @Nullable String key(String what, String key) {
    if (key.indexOf('\0') >= 0) {
      return what + ": contains U+0000";
    }
    int bytes = utf8(key);
    return bytes <= KEY_BYTES ? null : what + " too large: " + bytes + " bytes, limit " + KEY_BYTES;
  }

  private static @Nullable String headersAndTotal(Event event, int maxBytes) {
    if (event.headers().size() > HEADERS) {
      return "too many headers: " + event.headers().size() + ", limit " + HEADERS;
    }
    int headers = 0;
    for (Map.Entry<String, String> header : event.headers().entrySet()) {
      if (header.getKey().indexOf('\0') >= 0 || header.getValue().indexOf('\0') >= 0) {
        return "headers: contain U+0000";
      }
      headers += utf8(header.getKey()) + utf8(header.getValue());
    }
    if (headers > HEADER_BYTES) {
      return "headers too large: " + headers + " bytes, limit " + HEADER_BYTES;
    }
    if (event.contractHash().indexOf('\0') >= 0 || utf8(event.contractHash()) > KEY_BYTES) {
      return "contract hash: longer than " + KEY_BYTES + " bytes or contains U+0000";
    }
    long total =
        (long) event.name().length()
            + headers
            + event.payload().length
            + event.payloadJson().length;
    return total <= maxBytes ? null : "event too large: " + total + " bytes, limit " + maxBytes;
  }

  private static int utf8(String text) {
    return text.isEmpty() ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
  }
}
