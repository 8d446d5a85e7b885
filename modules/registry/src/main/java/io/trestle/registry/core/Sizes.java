package io.trestle.registry.core;

import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.OutgoingRow;
import io.trestle.conversations.Registrations.Rule;
import io.trestle.conversations.Registrations.SubscriptionRow;
import io.trestle.conversations.Registrations.Violation;

/**
 * What rows take in a message, never less than they do. SDKs accept 4 MiB, so a message is filled
 * up to 3 MiB: what is not counted row by row (peers, revocations, policy) has the rest.
 */
final class Sizes {
  /** Bound of the rows of one message, in bytes. */
  static final long MAX_MESSAGE = 3 << 20;

  /** Capture modes and the message around the rows. */
  static final long MESSAGE = 64;

  /** Two ids in text form, enums, numbers, flags, and the tags and lengths of all fields. */
  private static final long ROW = 160;

  private Sizes() {}

  static long of(Method m) {
    return ROW
        + utf8(m.serviceName())
        + utf8(m.name())
        + utf8(m.contractHash())
        + m.inputSchema().length
        + m.outputSchema().length;
  }

  static long of(Instance i) {
    return ROW + utf8(i.serviceName()) + utf8(i.callEndpoint()) + utf8(i.httpEndpoint());
  }

  static long of(SubscriptionRow s) {
    return ROW + utf8(s.serviceName()) + utf8(s.pattern()) + utf8(s.filter());
  }

  static long of(OutgoingRow o) {
    return ROW + utf8(o.method());
  }

  static long of(Rule r) {
    return ROW + utf8(r.peerServiceName()) + utf8(r.targetName());
  }

  static long of(Violation v) {
    return ROW + utf8(v.value()) + utf8(v.reason());
  }

  /** A surrogate pair takes four bytes, here two times three. */
  private static long utf8(String text) {
    long bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
    }
    return bytes;
  }
}
