package io.trestle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FiguresTest {
  private static final Result COMPARED =
      new Result(
          "direct 1KiB",
          new Result.Figures(3000, 1, 6, 40, 2),
          new Result.Peer("grpc-java", new Result.Figures(2000, 1.5, 8, 50, 3)),
          Map.of("rounds", 5));
  private static final Result ALONE =
      new Result("provision", Result.Figures.rate(321.5), null, Map.of("seconds", 3.1));

  @Test
  void json_ofComparison_hasEveryMember() {
    JsonObject json = JsonTarget.json(List.of(COMPARED)).getJsonArray("results").getJsonObject(0);

    assertThat(json.getMap())
        .containsEntry("case", "direct 1KiB")
        .containsEntry("peer", "grpc-java")
        .containsEntry("ours_per_s", 3000.0)
        .containsEntry("peer_per_s", 2000.0)
        .containsEntry("ratio", 1.5)
        .containsEntry("p99_ratio", 0.75)
        .containsEntry("ours_cpu_us", 40.0)
        .containsEntry("peer_cpu_us", 50.0)
        .containsEntry("ours_alloc_kib", 2.0)
        .containsEntry("peer_alloc_kib", 3.0)
        .containsEntry("rounds", 5);
  }

  @Test
  void json_withoutPeer_hasNulls() {
    JsonObject json = JsonTarget.json(List.of(ALONE)).getJsonArray("results").getJsonObject(0);

    assertThat(json.getMap())
        .containsEntry("ours_per_s", 321.5)
        .containsEntry("peer", null)
        .containsEntry("peer_per_s", null)
        .containsEntry("ratio", null)
        .containsEntry("p99_ratio", null)
        .containsEntry("seconds", 3.1);
  }

  @Test
  void table_alignsColumns() {
    List<String> lines = Table.of(List.of(COMPARED, ALONE)).lines();

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).contains("ours p50 ms", "peer p50 ms");
    assertThat(lines.get(1)).startsWith("direct 1KiB   3,000   2,000   1.50").endsWith("grpc-java");
    assertThat(lines.get(2)).startsWith("provision       322       -      -").endsWith("-");
  }

  @Test
  void median_ignoresOneDisturbedRound() {
    List<Sample> rounds =
        List.of(
            new Sample(10, 1, 5, 3, 7), new Sample(1, 9, 90, 30, 8), new Sample(12, 1.2, 6, 4, 9));

    assertThat(Sample.median(rounds)).isEqualTo(new Result.Figures(10, 1.2, 6, 4, 8));
  }

  @Test
  void median_ofEvenNumber_isBetween() {
    List<Sample> rounds = List.of(new Sample(10, 1, 5, 3, 1), new Sample(20, 2, 7, 5, 2));

    assertThat(Sample.median(rounds)).isEqualTo(new Result.Figures(15, 1.5, 6, 4, 1.5));
  }

  @Test
  void sample_isReadFromAnswer() {
    JsonObject answer = answer().put("failed", 0);

    assertThat(Sample.of(answer, new Cost(3_000_000, 204_800, 0)))
        .isEqualTo(new Sample(50, 2, 4, 30, 2));
  }

  @Test
  void sample_withFailures_endsTheBenchmark() {
    JsonObject answer = answer().put("failed", 2).put("failure", "connection lost");

    assertThatThrownBy(() -> Sample.of(answer, new Cost(0, 0, 0)))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("2 operations failed")
        .hasMessageContaining("connection lost");
  }

  private static JsonObject answer() {
    return new JsonObject()
        .put("count", 100)
        .put("nanos", 2_000_000_000L)
        .put("p50", 2_000_000)
        .put("p99", 4_000_000);
  }
}
