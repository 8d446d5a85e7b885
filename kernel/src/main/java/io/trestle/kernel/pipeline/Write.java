package io.trestle.kernel.pipeline;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A unit of work: rows that are committed together or not at all, in the order given. Immutable;
 * may be built on any thread.
 *
 * <pre>{@code
 * pipeline.submit(Write.of(SAVE_RUN, run).and(SAVE_STEP, step).orderKey(run.id()).build());
 * }</pre>
 */
public final class Write {

  /** What a unit costs besides its rows, roughly: its objects, its place, its promise. */
  private static final int UNIT_OVERHEAD = 256;

  private final List<Row> rows;
  private final int bytes;
  private final @Nullable Object orderKey;
  private final @Nullable Duration within;
  private final AfterFailure afterFailure;
  private final @Nullable StatementKind<?> independent;

  private Write(Builder builder) {
    this.rows = List.copyOf(builder.rows);
    this.independent = builder.orderKey == null ? independent(rows) : null;
    this.bytes = builder.bytes;
    this.orderKey = builder.orderKey;
    this.within = builder.within;
    this.afterFailure = builder.afterFailure;
  }

  /** Begins a write with its first row. */
  public static <R> Builder of(StatementKind<R> kind, R row) {
    return new Builder(kind.lane()).and(kind, row);
  }

  /** Begins a write with rows of one kind; an empty collection makes an empty builder. */
  public static <R> Builder ofAll(StatementKind<R> kind, Collection<? extends R> rows) {
    return new Builder(kind.lane()).andAll(kind, rows);
  }

  private static @Nullable StatementKind<?> independent(List<Row> rows) {
    StatementKind<?> kind = rows.get(0).kind();
    return kind.independent() && rows.stream().allMatch(row -> row.kind() == kind) ? kind : null;
  }

  /** The kind of all rows, if it is independent and the write has no order key. */
  @Nullable StatementKind<?> independent() {
    return independent;
  }

  List<Row> rows() {
    return rows;
  }

  /** The lane of all rows. */
  public Lane lane() {
    return rows.get(0).kind().lane();
  }

  /** Size by which it is counted against the bounds. */
  public int bytes() {
    return bytes;
  }

  /** Writes of one key are committed in the order in which they were handed over. */
  public Optional<Object> orderKey() {
    return Optional.ofNullable(orderKey);
  }

  @Nullable Object key() {
    return orderKey;
  }

  /** How long it may wait for a database that is away; empty: the pipeline's default. */
  public Optional<Duration> within() {
    return Optional.ofNullable(within);
  }

  /** What it does when an earlier write of its key fails. */
  public AfterFailure afterFailure() {
    return afterFailure;
  }

  /** Collects the rows of one write. */
  public static final class Builder {
    private final Lane lane;
    private final List<Row> rows = new ArrayList<>();
    private int bytes = UNIT_OVERHEAD;
    private @Nullable Object orderKey;
    private @Nullable Duration within;
    private AfterFailure afterFailure = AfterFailure.PROCEED;

    private Builder(Lane lane) {
      this.lane = lane;
    }

    /** Adds a row, after those before it. */
    public <R> Builder and(StatementKind<R> kind, R row) {
      if (kind.lane() != lane) {
        throw new IllegalArgumentException(
            "kind: %s of lane %s (expected: lane %s, as the first row)"
                .formatted(kind.name(), kind.lane().label(), lane.label()));
      }
      Row bound = kind.bind(row);
      bytes = Math.addExact(bytes, bound.bytes());
      rows.add(bound);
      return this;
    }

    /** Adds rows of one kind. */
    public <R> Builder andAll(StatementKind<R> kind, Collection<? extends R> more) {
      for (R row : more) {
        and(kind, row);
      }
      return this;
    }

    /** Order key (default none), with equals and hashCode: an id, or a record of ids. */
    public Builder orderKey(Object key) {
      orderKey = key;
      return this;
    }

    /** How long the write may wait for a database that is away (default: the pipeline's). */
    public Builder within(Duration patience) {
      if (patience.isNegative() || patience.isZero()) {
        throw new IllegalArgumentException("within: " + patience + " (expected: more than 0)");
      }
      within = patience;
      return this;
    }

    /** What to do when an earlier write of the key fails (default {@link AfterFailure#PROCEED}). */
    public Builder afterFailure(AfterFailure what) {
      afterFailure = what;
      return this;
    }

    /** The write; at least one row. */
    public Write build() {
      if (rows.isEmpty()) {
        throw new IllegalArgumentException("rows: 0 (expected: at least 1)");
      }
      return new Write(this);
    }
  }
}
