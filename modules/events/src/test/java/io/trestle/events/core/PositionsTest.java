package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.events.core.Positions.Range;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionsTest {
  @Test
  void add_gapCloses_floorRises() {
    Positions positions = new Positions(4);
    positions.add(6);
    positions.add(7);
    positions.add(10);
    assertThat(positions.multirange()).isEqualTo("{[6,8),[10,11)}");
    assertThat(positions.ranges()).containsExactly(new Range(6, 8), new Range(10, 11));

    positions.add(5);

    assertThat(positions.floor()).isEqualTo(7);
    assertThat(positions.toString()).isEqualTo("7 and {[10,11)}");
  }

  @Test
  void finished_outstanding_areTheGaps() {
    Positions positions = Positions.finished(10, 20, new long[] {11, 15, 16, 20, 25}, 100);

    assertThat(positions.floor()).isEqualTo(10);
    assertThat(positions.multirange()).isEqualTo("{[12,15),[17,20)}");
    assertThat(Positions.finished(10, 20, new long[0], 100).floor()).isEqualTo(20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "}",
        "{[1,2)",
        "[1,2)",
        "{[1,2]}",
        "{(1,2)}",
        "{[1,)}",
        "{[1,2),}",
        "{,[1,2)}",
        "{[1,2)[3,4)}",
        "{[2,2)}",
        "{} ",
        "x{[1,2)}",
        "{[a,2)}",
        "{[1,99999999999999999999)}"
      })
  void parse_otherText_isRefused(String text) {
    assertThatThrownBy(() -> Positions.parse(0, text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void parse_manyRanges_isLinear() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 1; i <= 100_000; i++) {
      text.append(i == 1 ? "[" : ",[").append(2 * i).append(',').append(2 * i + 1).append(')');
    }
    text.append('}');

    assertThat(Positions.parse(0, text.toString()).multirange()).isEqualTo(text.toString());
  }

  @Property(tries = 2_000)
  void addedRanges_areWhatASetOfNumbersSays(
      @ForAll @IntRange(min = -5, max = 20) int floor,
      @ForAll @Size(max = 30) List<@IntRange(min = -10, max = 60) Integer> starts,
      @ForAll @Size(min = 30, max = 30) List<@IntRange(min = -1, max = 6) Integer> lengths) {
    Positions positions = new Positions(floor);
    Set<Long> naive = new TreeSet<>();
    for (int i = 0; i < starts.size(); i++) {
      int from = starts.get(i);
      positions.addRange(from, (long) from + lengths.get(i));
      LongStream.range(from, (long) from + lengths.get(i)).forEach(naive::add);
    }
    agrees(positions, floor, naive);
    agrees(Positions.parse(positions.floor(), positions.multirange()), floor, naive);
  }

  @Property(tries = 2_000)
  void finished_isAllButTheOutstanding(
      @ForAll @IntRange(max = 20) int floor,
      @ForAll @IntRange(max = 40) int further,
      @ForAll @Size(max = 30) Set<@IntRange(min = 1, max = 70) Integer> open) {
    long upTo = (long) floor + further;
    long[] outstanding = open.stream().mapToLong(i -> i).filter(p -> p > floor).sorted().toArray();
    Set<Long> naive = new TreeSet<>();
    LongStream.rangeClosed(floor + 1L, upTo).forEach(naive::add);
    LongStream.of(outstanding).forEach(naive::remove);

    agrees(Positions.finished(floor, upTo, outstanding, 100), floor, naive);
  }

  private static void agrees(Positions positions, long floor, Set<Long> naive) {
    for (long p = -20; p < 80; p++) {
      assertThat(positions.contains(p)).isEqualTo(p <= floor || naive.contains(p));
    }
    assertThat(positions.contains(positions.floor() + 1)).isFalse();
    long before = positions.floor();
    for (Range range : positions.ranges()) {
      assertThat(range.from()).isGreaterThan(before + 1);
      before = range.to() - 1;
    }
  }

  @Test
  void finished_withManyGaps_knowsTheLowestRangesOnly() {
    long[] outstanding = {11, 13, 15, 17};
    Positions positions = Positions.finished(10, 20, outstanding, 2);
    assertThat(positions).hasToString("10 and {[12,13),[14,15)}");
    assertThat(Positions.finished(10, 20, outstanding, 4).ranges()).hasSize(4);
  }
}
