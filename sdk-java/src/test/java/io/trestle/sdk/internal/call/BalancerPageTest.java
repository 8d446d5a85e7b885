package io.trestle.sdk.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.sdk.internal.call.BalancerTable.Rule;
import io.trestle.sdk.internal.call.BalancerTable.Stage;
import io.trestle.sdk.internal.call.CandidateChoice.Choice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds the page in the documentation to the table; {@code -Dtrestle.docs=write} redraws it. */
class BalancerPageTest {
  private static final Path PAGE = Path.of("..", "docs", "balancer.md");

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
    out.append("# The balancer of an SDK\n\n");
    out.append("Drawn from the table in `BalancerTable` by `BalancerPageTest`; do not edit.\n");
    out.append("Each call chooses its instance in the process that makes it. ");
    out.append("The first stage in which somebody is eligible decides; two of the eligible are ");
    out.append("drawn at random, and the one with fewer calls under way from here wins.\n\n");
    drawing(out);
    out.append("\n| Stage | Why | ").append(headings()).append(" |\n|---|---|");
    out.append("---|".repeat(Rule.values().length)).append('\n');
    Stage.IN_ORDER.forEach(stage -> out.append(row(stage)));
    out.append("\n| Rule | An instance passes when |\n|---|---|\n");
    for (Rule rule : Rule.values()) {
      out.append("| ").append(rule).append(" | ").append(rule.meaning()).append(" |\n");
    }
    out.append("\n| Nobody is eligible, since nobody passes | The caller is told |\n|---|---|\n");
    for (Choice.None none : Choice.None.values()) {
      String rule = none.unmet() == null ? "any: there is no instance" : none.unmet().toString();
      out.append("| ").append(rule).append(" | ").append(none.reason()).append(" |\n");
    }
    return out.append("\n").append(breaker()).toString();
  }

  private static void drawing(StringBuilder out) {
    List<Stage> stages = Stage.IN_ORDER;
    out.append("```mermaid\nflowchart TD\n    begin([a call]) --> ").append(stages.get(0));
    for (int i = 0; i < stages.size(); i++) {
      String next = i + 1 < stages.size() ? stages.get(i + 1).toString() : "nobody([nobody])";
      out.append("\n    ").append(stages.get(i)).append(" -- nobody is eligible --> ").append(next);
      out.append("\n    ").append(stages.get(i)).append(" -- somebody is --> draw");
    }
    out.append("\n    draw[draw two, take the less loaded] --> claim{its circuit has a place}");
    out.append("\n    claim -- yes --> chosen([the instance])");
    out.append("\n    claim -- no, another call took it --> ").append(stages.get(0));
    out.append("\n```\n");
  }

  private static String headings() {
    return String.join(" | ", List.of(Rule.values()).stream().map(Rule::toString).toList());
  }

  private static String row(Stage stage) {
    StringBuilder row = new StringBuilder("| " + stage + " | " + stage.reason() + " |");
    for (Rule rule : Rule.values()) {
      row.append(stage.asks(rule) ? " asked |" : " waived |");
    }
    return row.append('\n').toString();
  }

  private static String breaker() {
    return "The stage EXCLUDED_TOO is left out when the call excludes nobody. Circuits are never"
        + " waived: they are this process's own experience ([circuit-breaker.md](circuit-breaker.md))."
        + " A call through the runtime asks none.\n";
  }
}
