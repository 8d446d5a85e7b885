package io.trestle.kernel.pipeline;

import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One SQL statement over arrays that carries any number of rows of {@code R}; a constant of the
 * module that owns the table.
 *
 * <pre>{@code
 * static final StatementKind<Job> SAVE = StatementKind.of("jobs.save", Job.class)
 *     .sql("INSERT INTO jobs (id, spec) SELECT j.id, j.spec::jsonb"
 *         + " FROM unnest($1::uuid[], $2::text[]) AS j(id, spec)"
 *         + " ON CONFLICT (id) DO UPDATE SET spec = excluded.spec")
 *     .uuid(Job::id).text(Job::spec)
 *     .conflictKey(Job::id)
 *     .build();
 * }</pre>
 *
 * <p>Rules (foundation 3.2). The statement is idempotent as a whole: ids made by us with {@code ON
 * CONFLICT DO NOTHING}, absolute values, never increments; {@code KindIdempotence} proves it in a
 * test. Every parameter has a cast, in the order in which the columns are declared. JSON travels as
 * {@code text[]} and is cast in the select. Two rows that may change the same database row need the
 * same {@link Builder#conflictKey} (of one kind) or the same order key (of several kinds).
 *
 * @param <R> the row
 */
public final class StatementKind<R> {

  /** What a row costs besides its values: its objects, and its share of the array headers. */
  private static final int ROW_OVERHEAD = 64;

  /** Only these are carried out to their end inside WITH, whoever reads their result. */
  private static final Pattern WRITES =
      Pattern.compile("\\s*(INSERT|UPDATE|DELETE)\\b", Pattern.CASE_INSENSITIVE);

  /**
   * A statement in its two forms.
   *
   * @param fenced the statement with its fence: {@code plain} inside WITH, and the arguments of
   *     {@code pipeline_fence} after its own; empty if it cannot carry one
   */
  record Text(String plain, String fenced) {
    private static Text of(String sql, int columns) {
      String fenced =
          "WITH written AS (%s) SELECT pipeline_fence($%d, $%d, $%d, $%d)"
              .formatted(sql, columns + 1, columns + 2, columns + 3, columns + 4);
      return new Text(sql, WRITES.matcher(sql).lookingAt() ? fenced : "");
    }
  }

  private record Column<R>(ColumnType type, Function<? super R, ? extends @Nullable Object> get) {}

  private final String name;
  private final Text again;
  private final Text first;
  private final Lane lane;
  private final int priority;
  private final boolean independent;
  private final List<Column<R>> columns;
  private final @Nullable Function<? super R, ? extends Object> conflictKey;

  private StatementKind(Builder<R> builder) {
    this.name = builder.name;
    this.again = Text.of(builder.sql, builder.columns.size());
    this.first = builder.first.isEmpty() ? again : Text.of(builder.first, builder.columns.size());
    this.lane = builder.lane;
    this.priority = builder.priority;
    this.independent = builder.independent;
    this.columns = List.copyOf(builder.columns);
    this.conflictKey = builder.conflictKey;
  }

  /** Begins a kind; the name is the one in metrics, logs and failures ({@code module.verb}). */
  public static <R> Builder<R> of(String name, Class<R> row) {
    return new Builder<>(name);
  }

  /** Name in metrics, logs and failures. */
  public String name() {
    return name;
  }

  /** The statement, with {@code $1} to {@code $n}; idempotent. */
  public String sql() {
    return again.plain;
  }

  /**
   * The statement for one attempt.
   *
   * @param lost whether an attempt with any of the rows was lost, so that they may be stored
   */
  Text text(boolean lost) {
    return lost ? again : first;
  }

  /** The lane of all its rows. */
  public Lane lane() {
    return lane;
  }

  /** Lower goes first within a batch. */
  public int priority() {
    return priority;
  }

  /** Whether its rows may be sent while others are under way. */
  boolean independent() {
    return independent;
  }

  Row bind(R row) {
    @Nullable Object[] values = new @Nullable Object[columns.size()];
    int bytes = ROW_OVERHEAD;
    for (int i = 0; i < values.length; i++) {
      Column<R> column = columns.get(i);
      Object value = column.get.apply(row);
      values[i] = value;
      bytes += value == null ? 1 : column.type.sizeOf(value);
    }
    return new Row(this, values, conflictKey == null ? null : conflictKey.apply(row), bytes);
  }

  /** The arrays of these rows, in their order. */
  Tuple arrays(List<Row> rows) {
    Tuple tuple = Tuple.tuple();
    for (int c = 0; c < columns.size(); c++) {
      ColumnType type = columns.get(c).type;
      @Nullable Object[] array = type.array(rows.size());
      for (int r = 0; r < array.length; r++) {
        Object value = rows.get(r).value(c);
        array[r] = value == null ? null : type.element(value);
      }
      tuple.addValue(array);
    }
    return tuple;
  }

  @Override
  public String toString() {
    return name;
  }

  /**
   * Declares a kind. A column accessor may return null.
   *
   * @param <R> the row
   */
  public static final class Builder<R> {
    private final String name;
    private final List<Column<R>> columns = new ArrayList<>();
    private String sql = "";
    private String first = "";
    private Lane lane = Lane.DURABLE;
    private int priority = 100;
    private boolean independent;
    private @Nullable Function<? super R, ? extends Object> conflictKey;

    private Builder(String name) {
      this.name = name;
    }

    /** The statement over arrays. */
    public Builder<R> sql(String statement) {
      sql = statement;
      return this;
    }

    /**
     * The same statement for rows of which no attempt was lost (default: {@link #sql}). It need not
     * be idempotent, so an INSERT can do without {@code ON CONFLICT}, which costs PostgreSQL a look
     * into the index and a record in its log for each row. A row that is there all the same must
     * fail the statement with an error of class 23.
     */
    public Builder<R> first(String statement) {
      first = statement;
      return this;
    }

    /** Which lane (default durable). A write takes rows of one lane only. */
    public Builder<R> lane(Lane of) {
      lane = of;
      return this;
    }

    /**
     * Order of the statements of a batch, lowest first (default 100): parents of foreign keys get a
     * lower number than their children.
     */
    public Builder<R> priority(int lowestFirst) {
      priority = lowestFirst;
      return this;
    }

    /**
     * Rows of this kind depend on no other write and no other write on them, but for those of the
     * same unit or order key. Then they need not wait for the end of what was sent before, which
     * may be sent again behind them.
     */
    public Builder<R> independent() {
      independent = true;
      return this;
    }

    /**
     * What two rows share when they change the same database row (its primary key, usually; with
     * equals and hashCode, so a list rather than an array). Such rows go into separate statements,
     * in order. Needed by {@code DO UPDATE} and {@code UPDATE}, not by {@code DO NOTHING}.
     */
    public Builder<R> conflictKey(Function<? super R, ? extends Object> key) {
      conflictKey = key;
      return this;
    }

    /** Next parameter: {@code uuid[]}. */
    public Builder<R> uuid(Function<? super R, ? extends @Nullable UUID> get) {
      return column(ColumnType.UUIDS, get);
    }

    /** Next parameter: {@code int4[]}. */
    public Builder<R> int4(Function<? super R, ? extends @Nullable Integer> get) {
      return column(ColumnType.INT4, get);
    }

    /** Next parameter: {@code int8[]}. */
    public Builder<R> int8(Function<? super R, ? extends @Nullable Long> get) {
      return column(ColumnType.INT8, get);
    }

    /** Next parameter: {@code float8[]}. */
    public Builder<R> float8(Function<? super R, ? extends @Nullable Double> get) {
      return column(ColumnType.FLOAT8, get);
    }

    /** Next parameter: {@code bool[]}. */
    public Builder<R> bool(Function<? super R, ? extends @Nullable Boolean> get) {
      return column(ColumnType.BOOL, get);
    }

    /** Next parameter: {@code text[]}; also for JSON and anything else that is cast from text. */
    public Builder<R> text(Function<? super R, ? extends @Nullable String> get) {
      return column(ColumnType.TEXT, get);
    }

    /** Next parameter: {@code bytea[]}. The bytes must not change until the write is done. */
    public Builder<R> bytes(Function<? super R, ? extends byte @Nullable []> get) {
      return column(ColumnType.BYTEA, get);
    }

    /** Next parameter: {@code bytea[]}. The buffer must not change until the write is done. */
    public Builder<R> buffer(Function<? super R, ? extends @Nullable Buffer> get) {
      return column(ColumnType.BUFFER, get);
    }

    /** Next parameter: {@code timestamptz[]}, years 1 to 9999. */
    public Builder<R> timestamp(Function<? super R, ? extends @Nullable Instant> get) {
      return column(
          ColumnType.TIMESTAMPTZ,
          row -> {
            Instant instant = get.apply(row);
            return instant == null ? null : ColumnType.checked(instant);
          });
    }

    /** The kind. */
    public StatementKind<R> build() {
      if (sql.isBlank() || columns.isEmpty()) {
        throw new IllegalArgumentException(
            "kind: " + name + " (expected: a statement and at least one column)");
      }
      if (!hasParameters(sql) || !(first.isEmpty() || hasParameters(first))) {
        throw new IllegalArgumentException(
            "kind: " + name + " (expected: parameters $1 to $" + columns.size() + ")");
      }
      if (independent && conflictKey != null) {
        throw new IllegalArgumentException(
            "kind: " + name + " independent with a conflict key (expected: one of the two)");
      }
      StatementKind<R> kind = new StatementKind<>(this);
      if (independent && (kind.again.fenced.isEmpty() || kind.first.fenced.isEmpty())) {
        throw new IllegalArgumentException(
            "kind: " + name + " independent (expected: an INSERT, UPDATE or DELETE)");
      }
      return kind;
    }

    private boolean hasParameters(String statement) {
      return !statement.contains("$" + (columns.size() + 1))
          && statement.contains("$" + columns.size());
    }

    private Builder<R> column(
        ColumnType type, Function<? super R, ? extends @Nullable Object> get) {
      columns.add(new Column<>(type, get));
      return this;
    }
  }
}
