package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.kernel.database.MigrationPlan.Applied;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MigrationPlanTest {
  private static final Map<Integer, Integer> SCRIPTS = Map.of(1, 11, 2, 22, 10, 33);

  @Test
  void pending_emptyHistory_isEverythingInOrder() {
    assertThat(MigrationPlan.pending("m", SCRIPTS, List.of())).containsExactly(1, 2, 10);
  }

  @Test
  void pending_allApplied_isNothing() {
    assertThat(MigrationPlan.pending("m", SCRIPTS, rows(1, 2, 10))).isEmpty();
  }

  @Test
  void pending_someApplied_isTheRest() {
    assertThat(MigrationPlan.pending("m", SCRIPTS, rows(1, 2))).containsExactly(10);
  }

  @Test
  void pending_gapInHistory_isRefused() {
    assertThatThrownBy(() -> MigrationPlan.pending("m", SCRIPTS, rows(1, 10)))
        .hasMessageContaining("module m: version 2 was never applied");
  }

  @Test
  void pending_versionUnknownToUs_isRefusedAsNewer() {
    assertThatThrownBy(() -> MigrationPlan.pending("m", Map.of(1, 11), rows(1, 2)))
        .hasMessageContaining("version 2 is in the database, this program knows up to 1");
  }

  @Test
  void pending_otherChecksum_isRefused() {
    List<Applied> history = List.of(new Applied(1, 99, true));

    assertThatThrownBy(() -> MigrationPlan.pending("m", SCRIPTS, history))
        .hasMessageContaining("version 1 was changed after it was applied");
  }

  private static List<Applied> rows(int... versions) {
    return java.util.Arrays.stream(versions)
        .mapToObj(v -> new Applied(v, SCRIPTS.getOrDefault(v, 0), true))
        .toList();
  }
}
