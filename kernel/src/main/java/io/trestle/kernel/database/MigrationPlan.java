package io.trestle.kernel.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares what a module brings with what its history table says. Forward only: a pending version
 * must be newer than every applied one.
 */
final class MigrationPlan {
  /** A row of a history table; no checksum for a row that is no script of ours. */
  record Applied(int version, @Nullable Integer checksum, boolean success) {}

  private MigrationPlan() {}

  /**
   * The versions still to be applied, in order.
   *
   * @throws DatabaseFailure MIGRATION when history and code contradict each other
   */
  static List<Integer> pending(
      String module, Map<Integer, Integer> scripts, List<Applied> history) {
    Map<Integer, Applied> applied = new TreeMap<>();
    history.forEach(row -> applied.put(row.version(), row));
    applied.values().forEach(row -> check(module, scripts, row));
    int newest = applied.keySet().stream().mapToInt(v -> v).max().orElse(0);
    List<Integer> pending = new ArrayList<>();
    for (Integer version : new TreeMap<>(scripts).keySet()) {
      if (applied.containsKey(version)) {
        continue;
      }
      if (version < newest) {
        throw wrong(module, version, "was never applied, though version " + newest + " was");
      }
      pending.add(version);
    }
    return pending;
  }

  private static void check(String module, Map<Integer, Integer> scripts, Applied row) {
    if (!row.success()) {
      throw wrong(module, row.version(), "failed half-way; repair the schema by hand");
    }
    Integer expected = scripts.get(row.version());
    if (expected == null) {
      int known = scripts.keySet().stream().mapToInt(v -> v).max().orElse(0);
      throw wrong(
          module,
          row.version(),
          "is in the database, this program knows up to %d: the database was used by a newer"
                  .formatted(known)
              + " version; start that one");
    }
    if (!expected.equals(row.checksum())) {
      throw wrong(
          module, row.version(), "was changed after it was applied; restore the file as it was");
    }
  }

  private static DatabaseFailure wrong(String module, int version, String what) {
    return new DatabaseFailure(
        DatabaseFailure.Kind.MIGRATION,
        "schema of module %s: version %d %s".formatted(module, version, what));
  }
}
