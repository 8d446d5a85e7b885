package io.trestle.protocol.events;

/**
 * The filter of a subscription: a condition on the JSON view of an event's payload. Two filters are
 * equal when they say the same, whatever the order of keys and the way numbers are written.
 *
 * <p>Immutable, may be tested from any thread. {@code parse} throws nothing but {@link
 * FilterException}, {@code test} throws nothing.
 */
public sealed interface EventFilter permits PassAll, JsonFilter, TextFilter {
  int MAX_BYTES = 4096;
  int MAX_CONDITIONS = 32;

  /** No filter. */
  static EventFilter passAll() {
    return PassAll.INSTANCE;
  }

  /**
   * Reads a filter text (docs/spec events 9): nothing or {@code {}} passes all; a text that begins
   * with a brace or a bracket is the JSON form; any other is the text form of 1.x clients.
   *
   * @throws FilterException naming the key or the character that is wrong
   */
  static EventFilter parse(String text) {
    return FilterText.parse(text);
  }

  /** Whether an event with that payload passes. */
  boolean test(JsonView view);

  /** Whether every event passes, so that its payload need not be parsed. */
  default boolean passesAll() {
    return false;
  }
}
