package io.trestle.kernel.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns the units of a batch into few statements without changing what they do.
 *
 * <p>Run one unit after the other and every row would be a statement. Rows of one kind are put into
 * one statement as far as that makes no difference: statements are arranged in <em>stages</em>, in
 * a stage by priority, and each row takes the first place that keeps two promises:
 *
 * <ul>
 *   <li>Rows of one order key (or of one unit without key) stay in order: a row never runs before
 *       an earlier row of its key. Insert, delete, insert of one thing takes two stages.
 *   <li>Rows of one conflict key are in different statements, in order. Inside one statement {@code
 *       ON CONFLICT DO UPDATE} would fail with 21000, and {@code UPDATE ... FROM} would pick
 *       either.
 * </ul>
 *
 * Rows of different keys are ordered by priority only, which is what foreign keys need. Usually all
 * of it is one stage, with one statement per kind.
 *
 * <p>Rejected: keeping only the last row of a conflict key. It saves statements for hot rows, but
 * the columns that only the first row would have set are lost, and a unit whose row was dropped
 * would be acknowledged without PostgreSQL having seen it.
 */
final class BatchPlan {

  /** Rows of one kind that run together. */
  record Statement(StatementKind<?> kind, List<Row> rows) {}

  private record Slot(int stage, StatementKind<?> kind) {}

  private record Claim(StatementKind<?> kind, Object conflictKey) {}

  private static final Comparator<StatementKind<?>> BY_PRIORITY =
      Comparator.<StatementKind<?>>comparingInt(StatementKind::priority)
          .thenComparing(StatementKind::name)
          .thenComparing(StatementKind::sql);

  private final Map<Slot, List<Row>> slots =
      new TreeMap<>(Comparator.comparingInt(Slot::stage).thenComparing(Slot::kind, BY_PRIORITY));
  private final Map<Object, Slot> reached = new HashMap<>();
  private final Map<Claim, Integer> claimed = new HashMap<>();

  private BatchPlan() {}

  /** The statements that commit {@code units}, in the order in which they must run. */
  static List<Statement> of(List<? extends Unit> units) {
    BatchPlan plan = new BatchPlan();
    units.forEach(unit -> plan.add(unit.write()));
    List<Statement> statements = new ArrayList<>(plan.slots.size());
    plan.slots.forEach((slot, rows) -> statements.add(new Statement(slot.kind, rows)));
    return statements;
  }

  private void add(Write write) {
    Object key = write.key();
    Slot last = key == null ? null : reached.get(key);
    for (Row row : write.rows()) {
      last = place(row, last);
      slots.computeIfAbsent(last, slot -> new ArrayList<>()).add(row);
    }
    if (key != null && last != null) {
      reached.put(key, last);
    }
  }

  private Slot place(Row row, @Nullable Slot after) {
    int stage = 0;
    if (after != null) {
      boolean turnsBack = BY_PRIORITY.compare(row.kind(), after.kind) < 0;
      stage = turnsBack ? after.stage + 1 : after.stage;
    }
    Object conflictKey = row.conflictKey();
    if (conflictKey != null) {
      stage = claim(new Claim(row.kind(), conflictKey), stage);
    }
    return new Slot(stage, row.kind());
  }

  private int claim(Claim claim, int earliest) {
    Integer taken = claimed.get(claim);
    int stage = taken == null ? earliest : Math.max(earliest, taken + 1);
    claimed.put(claim, stage);
    return stage;
  }
}
