package io.trestle.kernel.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.pipeline.BatchPlan.Statement;
import io.trestle.kernel.pipeline.TestKinds.Child;
import io.trestle.kernel.pipeline.TestKinds.Entry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class BatchPlanTest {

  @Test
  void plan_unitsOfManyKeys_isOneStatementPerKindByPriority() {
    List<Unit> units = new ArrayList<>();
    for (long i = 0; i < 100; i++) {
      units.add(
          unit(Write.of(TestKinds.PARENT, i).and(TestKinds.CHILD, new Child(i, i)).orderKey(i)));
    }
    List<Statement> plan = BatchPlan.of(units);
    assertThat(plan)
        .extracting(Statement::kind)
        .isEqualTo(List.of(TestKinds.PARENT, TestKinds.CHILD));
    assertThat(plan.get(1).rows()).hasSize(100);
  }

  @Test
  void plan_insertDeleteInsertOfOneKey_takesTwoStages() {
    List<Statement> plan =
        BatchPlan.of(
            List.of(
                unit(Write.of(TestKinds.ADD, new Entry(1, "a")).orderKey("k")),
                unit(Write.of(TestKinds.REMOVE, 1L).orderKey("k")),
                unit(Write.of(TestKinds.ADD, new Entry(1, "b")).orderKey("k"))));
    assertThat(plan)
        .extracting(Statement::kind)
        .isEqualTo(List.of(TestKinds.ADD, TestKinds.REMOVE, TestKinds.ADD));
  }

  @Test
  void plan_sameConflictKeyTwice_isTwoStatementsInOrder() {
    List<Statement> plan =
        BatchPlan.of(
            List.of(
                unit(Write.of(TestKinds.PUT, new Entry(1, "a"))),
                unit(Write.of(TestKinds.PUT, new Entry(2, "a"))),
                unit(Write.of(TestKinds.PUT, new Entry(1, "b")))));
    assertThat(plan).hasSize(2);
    assertThat(plan.get(0).rows()).hasSize(2);
    assertThat(plan.get(1).rows()).singleElement().extracting(row -> row.value(1)).isEqualTo("b");
  }

  /** The whole point: statements of many rows do what the units would do one after the other. */
  @Property(tries = 2000)
  void plan_randomUnits_doesWhatTheUnitsDoOneAfterTheOther(@ForAll("units") List<Write> writes) {
    Map<Long, String> serial = new TreeMap<>();
    writes.forEach(write -> write.rows().forEach(row -> apply(row, serial)));

    Map<Long, String> planned = new TreeMap<>();
    int rows = 0;
    for (Statement statement : BatchPlan.of(writes.stream().map(Unit::new).toList())) {
      Set<Object> conflictKeys = new HashSet<>();
      for (Row row : statement.rows()) {
        assertThat(row.kind()).isSameAs(statement.kind());
        assertThat(row.conflictKey() == null || conflictKeys.add(row.conflictKey())).isTrue();
        apply(row, planned);
        rows++;
      }
    }
    assertThat(planned).isEqualTo(serial);
    assertThat(rows).isEqualTo(writes.stream().mapToInt(write -> write.rows().size()).sum());
  }

  /** Units of the same thing share its order key, as the contract asks. */
  @Provide
  Arbitrary<List<Write>> units() {
    Arbitrary<List<Integer>> verbs =
        Arbitraries.integers().between(0, 2).list().ofMinSize(1).ofMaxSize(4);
    Arbitrary<Write> write =
        Combinators.combine(
                Arbitraries.longs().between(0, 3), verbs, Arbitraries.strings().alpha().ofLength(2))
            .as(BatchPlanTest::write);
    return write.list().ofMaxSize(12);
  }

  private static Write write(long id, List<Integer> verbs, String body) {
    Write.Builder builder = null;
    for (int verb : verbs) {
      Entry entry = new Entry(id, body + verb);
      if (builder == null) {
        builder =
            verb == 2
                ? Write.of(TestKinds.REMOVE, id)
                : Write.of(verb == 0 ? TestKinds.ADD : TestKinds.PUT, entry);
      } else if (verb == 2) {
        builder.and(TestKinds.REMOVE, id);
      } else {
        builder.and(verb == 0 ? TestKinds.ADD : TestKinds.PUT, entry);
      }
    }
    return Objects.requireNonNull(builder).orderKey(id).build();
  }

  private static void apply(Row row, Map<Long, String> table) {
    Long id = (Long) Objects.requireNonNull(row.value(0));
    if (row.kind() == TestKinds.REMOVE) {
      table.remove(id);
    } else if (row.kind() == TestKinds.ADD) {
      table.putIfAbsent(id, String.valueOf(row.value(1)));
    } else {
      table.put(id, String.valueOf(row.value(1)));
    }
  }

  private static Unit unit(Write.Builder write) {
    return new Unit(write.build());
  }
}
