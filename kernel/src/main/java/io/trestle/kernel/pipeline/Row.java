package io.trestle.kernel.pipeline;

import org.jspecify.annotations.Nullable;

/**
 * One row of a statement kind, already taken apart into column values: what cannot be bound fails
 * in the hands of the caller, not in the middle of a batch of others.
 */
final class Row {

  private final StatementKind<?> kind;
  private final @Nullable Object[] values;
  private final @Nullable Object conflictKey;
  private final int bytes;

  Row(StatementKind<?> kind, @Nullable Object[] values, @Nullable Object conflictKey, int bytes) {
    this.kind = kind;
    this.values = values;
    this.conflictKey = conflictKey;
    this.bytes = bytes;
  }

  StatementKind<?> kind() {
    return kind;
  }

  @Nullable Object value(int column) {
    return values[column];
  }

  @Nullable Object conflictKey() {
    return conflictKey;
  }

  int bytes() {
    return bytes;
  }
}
