package io.trestle.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Columns of text for people: the first one on the left, the others on the right. */
final class Table {
  private static final List<String> COMPARED =
      List.of(
          "case",
          "ours/s",
          "peer/s",
          "ratio",
          "ours p50 ms",
          "peer p50 ms",
          "ours p99 ms",
          "peer p99 ms",
          "p99 ratio",
          "ours cpu us",
          "peer cpu us",
          "ours KiB",
          "peer KiB",
          "peer");

  private final List<List<String>> rows = new ArrayList<>();

  Table(List<String> head) {
    rows.add(List.copyOf(head));
  }

  /** Results side by side with their peers. */
  static Table of(List<Result> results) {
    Table table = new Table(COMPARED);
    results.forEach(table::row);
    return table;
  }

  /** Results beside what is asked of them. */
  static Table bounded(String head, List<Result> results) {
    Table table = new Table(List.of(head, "measured", "bound", "met"));
    for (Result result : results) {
      table.row(
          result.name(),
          String.valueOf(result.facts().get("figure")),
          String.valueOf(result.facts().get("bound")),
          Boolean.TRUE.equals(result.facts().get("met")) ? "yes" : "NO");
    }
    return table;
  }

  Table row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        String cell = row.get(i);
        String space = " ".repeat(width(i) - cell.length());
        line.append(i == 0 ? cell + space : "  " + space + cell);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private void row(Result result) {
    Result.Figures ours = result.ours();
    Result.Peer peer = result.peer();
    row(
        result.name(),
        number(ours.perSecond(), 0),
        peer == null ? "-" : number(peer.figures().perSecond(), 0),
        number(result.ratio(), 2),
        number(ours.p50Millis(), 2),
        peer == null ? "-" : number(peer.figures().p50Millis(), 2),
        number(ours.p99Millis(), 2),
        peer == null ? "-" : number(peer.figures().p99Millis(), 2),
        number(result.p99Ratio(), 2),
        number(ours.cpuMicros(), 1),
        peer == null ? "-" : known(peer.figures().cpuMicros()),
        number(ours.allocatedKib(), 1),
        peer == null ? "-" : known(peer.figures().allocatedKib()),
        peer == null ? "-" : peer.name());
  }

  /** A broker that runs already does not tell what it uses. */
  private static String known(double value) {
    return value > 0 ? number(value, 1) : "-";
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }

  static String number(@Nullable Double value, int decimals) {
    return value == null ? "-" : String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
