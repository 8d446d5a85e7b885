package io.trestle.protocol.events;

import org.jspecify.annotations.Nullable;

/**
 * The grammar of event names (docs/spec events 1 rule 1): lower-case segments joined by dots, 1 to
 * 255 bytes, at most 32 segments. The whole text counts: a trailing line feed is invalid.
 */
public final class EventName {
  public static final int MAX_BYTES = Segments.MAX_BYTES;
  public static final int MAX_SEGMENTS = Segments.MAX_SEGMENTS;

  private EventName() {}

  public static boolean isValid(String name) {
    return problem(name) == null;
  }

  /** Why the text is not an event name, or null when it is one. */
  public static @Nullable String problem(String name) {
    return Segments.problem(name, false);
  }
}
