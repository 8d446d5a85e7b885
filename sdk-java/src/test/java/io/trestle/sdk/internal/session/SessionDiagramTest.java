package io.trestle.sdk.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds the picture in the documentation to the table; {@code -Dtrestle.docs=write} redraws it. */
class SessionDiagramTest {
  private static final Path PAGE = Path.of("..", "docs", "session-machine.md");

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
    out.append("# The session of an SDK\n\n");
    out.append("Drawn from the table in `SessionTable` by `SessionDiagramTest`; do not edit.\n");
    out.append("An arrow reads: event [guard] / steps. Of the arrows for one event the first ");
    out.append("whose guard holds counts; events without an arrow are ignored.\n\n");
    out.append("```mermaid\nstateDiagram-v2\n    [*] --> IDLE\n");
    SessionTable.rows().forEach(row -> out.append("    ").append(arrow(row)).append('\n'));
    out.append("    STOPPED --> [*]\n```\n\n| State | Meaning |\n|---|---|\n");
    for (SessionState state : SessionState.values()) {
      out.append("| ").append(state).append(" | ").append(state.meaning()).append(" |\n");
    }
    return out.toString();
  }

  private static String arrow(SessionTable.Row row) {
    String guard = row.guard() == SessionMachine.Guard.ALWAYS ? "" : " [" + row.guard() + "]";
    String steps = row.steps().stream().map(Enum::name).collect(Collectors.joining(", "));
    return row.state()
        + " --> "
        + row.next()
        + " : "
        + row.event().getSimpleName()
        + guard
        + " / "
        + steps;
  }
}
