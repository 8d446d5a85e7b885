package io.trestle.kernel.pipeline;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * How the values of one column become one array parameter, and how much memory a value takes.
 *
 * @param newArray an array of the type which the client sends for this column
 * @param encode a value as it is declared, as an element of that array
 * @param size bytes of a value
 */
record ColumnType(
    IntFunction<@Nullable Object[]> newArray,
    Function<Object, Object> encode,
    ToIntFunction<Object> size) {

  static final ColumnType UUIDS = new ColumnType(UUID[]::new, v -> v, v -> 16);
  static final ColumnType INT4 = new ColumnType(Integer[]::new, v -> v, v -> 4);
  static final ColumnType INT8 = new ColumnType(Long[]::new, v -> v, v -> 8);
  static final ColumnType FLOAT8 = new ColumnType(Double[]::new, v -> v, v -> 8);
  static final ColumnType BOOL = new ColumnType(Boolean[]::new, v -> v, v -> 1);
  static final ColumnType TEXT =
      new ColumnType(String[]::new, v -> v, v -> 2 * ((String) v).length());
  static final ColumnType BYTEA =
      new ColumnType(Buffer[]::new, v -> Buffer.buffer((byte[]) v), v -> ((byte[]) v).length);
  static final ColumnType BUFFER =
      new ColumnType(Buffer[]::new, v -> v, v -> ((Buffer) v).length());
  static final ColumnType TIMESTAMPTZ =
      new ColumnType(OffsetDateTime[]::new, v -> ((Instant) v).atOffset(ZoneOffset.UTC), v -> 8);

  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

  @Nullable Object[] array(int length) {
    return newArray.apply(length);
  }

  Object element(Object value) {
    return encode.apply(value);
  }

  int sizeOf(Object value) {
    return size.applyAsInt(value);
  }

  /** A time that overflows PostgreSQL's would fail inside the client, after other rows went out. */
  static Instant checked(Instant instant) {
    if (instant.isBefore(FIRST) || instant.isAfter(LAST)) {
      throw new IllegalArgumentException("time: " + instant + " (expected: year 1 to 9999)");
    }
    return instant;
  }
}
