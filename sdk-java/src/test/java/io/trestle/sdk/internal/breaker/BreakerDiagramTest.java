package io.trestle.sdk.internal.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Holds the picture in the documentation to the table; {@code -Dtrestle.docs=write} redraws it. */
class BreakerDiagramTest {
  private static final Path PAGE = Path.of("..", "docs", "circuit-breaker.md");

  @Test
  void page_showsTheTable() throws IOException {
    String page = page();
    if ("write".equals(System.getProperty("trestle.docs"))) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE).content().isEqualTo(page);
  }

  private static String page() {
    StringBuilder out = new StringBuilder();
    out.append("# The circuit breaker of an SDK\n\n");
    out.append("Drawn from the table in `BreakerTable` by `BreakerDiagramTest`; do not edit.\n");
    out.append("Each process keeps one breaker per instance that it calls directly. ");
    out.append("An arrow reads: event [guard] / step. Of the arrows for one event the first ");
    out.append("whose guard holds counts; events without an arrow move nothing.\n\n");
    out.append("```mermaid\nstateDiagram-v2\n    [*] --> CLOSED\n");
    BreakerTable.rows().forEach(row -> out.append("    ").append(arrow(row)).append('\n'));
    out.append("```\n\n| State | Meaning |\n|---|---|\n");
    for (BreakerState state : BreakerState.values()) {
      out.append("| ").append(state).append(" | ").append(state.meaning()).append(" |\n");
    }
    out.append("\n| Guard | Holds when |\n|---|---|\n");
    for (BreakerTable.Guard guard : BreakerTable.Guard.values()) {
      out.append("| ").append(guard).append(" | ").append(guard.meaning()).append(" |\n");
    }
    return out.toString();
  }

  private static String arrow(BreakerTable.Row row) {
    String guard = row.guard() == BreakerTable.Guard.ALWAYS ? "" : " [" + row.guard() + "]";
    String step = row.step() == null ? "" : " / " + row.step();
    return row.state() + " --> " + row.next() + " : " + row.event() + guard + step;
  }
}
