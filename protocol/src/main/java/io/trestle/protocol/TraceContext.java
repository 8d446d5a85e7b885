package io.trestle.protocol;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The value of {@code x-sb-trace}: the trace and the operation that the receiver's work belongs
 * under (wire.md 6.1). Both ids are UUIDs in lower case.
 *
 * @param traceId the trace
 * @param parentOpId the operation of the sender
 */
public record TraceContext(String traceId, String parentOpId) {
  private static final int LENGTH = 2 * UuidText.LENGTH + 1;

  /**
   * Checks and lowers both ids.
   *
   * @throws IllegalArgumentException if one is not a UUID
   */
  public TraceContext {
    traceId = uuid("traceId", traceId);
    parentOpId = uuid("parentOpId", parentOpId);
  }

  /** A new trace with its first operation. */
  public static TraceContext root(UuidV7 ids) {
    return new TraceContext(ids.nextText(), ids.nextText());
  }

  /**
   * Reads a header or a field. Null, empty and malformed values are absent, never an error: the
   * receiver then starts a new root.
   */
  public static Optional<TraceContext> parse(@Nullable String value) {
    return value != null && isWellFormed(value) ? Optional.of(split(value)) : Optional.empty();
  }

  /** The trace alone, as {@link #parse} reads it, for whoever adds an operation of its own. */
  public static Optional<String> traceIdOf(@Nullable String value) {
    return value != null && isWellFormed(value)
        ? Optional.of(value.substring(0, UuidText.LENGTH).toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  /** The same trace under another operation. */
  public TraceContext under(String opId) {
    return new TraceContext(traceId, opId);
  }

  /** The text form, 73 characters. */
  public String format() {
    return traceId + '-' + parentOpId;
  }

  private static boolean isWellFormed(String value) {
    return value.length() == LENGTH
        && value.charAt(UuidText.LENGTH) == '-'
        && UuidText.isUuidAt(value, 0)
        && UuidText.isUuidAt(value, UuidText.LENGTH + 1);
  }

  private static TraceContext split(String value) {
    return new TraceContext(
        value.substring(0, UuidText.LENGTH), value.substring(UuidText.LENGTH + 1));
  }

  private static String uuid(String name, String value) {
    return UuidText.parse(value)
        .orElseThrow(
            () -> new IllegalArgumentException(name + ": " + value + " (expected: a UUID)"));
  }
}
