package io.trestle.sdk.internal.outbox.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.sdk.outbox.PreparedEvent;
import io.trestle.sdk.outbox.PublishVerdict;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class OutboxCoreTest {
  private static final int MIB = 1 << 20;

  @Test
  void ladder_climbs_andStaysOnTop() {
    assertThat(IntStream.of(1, 2, 3, 4, 5, 6, 1000).mapToLong(i -> RetryLadder.pauseMillis(i, 0.5)))
        .containsExactly(1_000L, 5_000L, 30_000L, 120_000L, 600_000L, 600_000L, 600_000L);
    assertThat(RetryLadder.pauseMillis(1, 0)).isEqualTo(750);
    assertThat(RetryLadder.pauseMillis(1, 1)).isEqualTo(1_250);
  }

  @Test
  void settlement_parksOnlyWhatIsRefused() {
    Map<Status, Class<?>> meaning = new LinkedHashMap<>();
    meaning.put(Status.ACCEPTED, RowOutcome.Delivered.class);
    meaning.put(Status.DUPLICATE, RowOutcome.Delivered.class);
    meaning.put(Status.INVALID_NAME, RowOutcome.Parked.class);
    meaning.put(Status.FORBIDDEN, RowOutcome.Parked.class);
    meaning.put(Status.CONFLICT, RowOutcome.Parked.class);
    meaning.put(Status.UNDECIDED, RowOutcome.Rearmed.class);
    List<ClaimedEvent> sent =
        IntStream.range(0, meaning.size()).mapToObj(i -> claimed(i, 3)).toList();
    List<RowOutcome> outcomes =
        Settlement.of(
            sent,
            meaning.keySet().stream().map(s -> new PublishVerdict(s, "so")).toList(),
            () -> 0.5);

    assertThat(outcomes)
        .<Class<?>>extracting(Object::getClass)
        .containsExactlyElementsOf(meaning.values());
    assertThat(outcomes).extracting(RowOutcome::row).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
    assertThat(outcomes.get(4)).isEqualTo(new RowOutcome.Parked(4, 4, "CONFLICT: so"));
    assertThat(outcomes.get(5)).isEqualTo(new RowOutcome.Rearmed(5, 4, 120_000, "UNDECIDED: so"));
  }

  @Test
  void settlement_withoutAnswer_parksNothing_howeverOften() {
    assertThat(Settlement.unanswered(List.of(claimed(1, 1_000_000)), "away", () -> 0.5))
        .containsExactly(new RowOutcome.Rearmed(1, 1_000_001, 600_000, "away"));
  }

  @Test
  @SuppressWarnings("NullAway") // of a courier that breaks its word
  void settlement_withAGap_parksNothingThere_andSettlesTheOthers() {
    List<PublishVerdict> verdicts = new ArrayList<>();
    verdicts.add(null);
    verdicts.add(PublishVerdict.ACCEPTED);
    verdicts.add(new PublishVerdict(null, ""));
    assertThat(
            Settlement.of(
                List.of(claimed(1, 0), claimed(2, 0), claimed(3, 0)), verdicts, () -> 0.5))
        .containsExactly(
            new RowOutcome.Rearmed(1, 1, 1_000, "no verdict"),
            new RowOutcome.Delivered(2),
            new RowOutcome.Rearmed(3, 1, 1_000, "no verdict"));
  }

  private static ClaimedEvent claimed(long row, int attempts) {
    PreparedEvent event =
        new PreparedEvent("" + row, "n", new byte[0], new byte[0], "", "", "", Map.of(), 0, "");
    return new ClaimedEvent(row, event, attempts);
  }

  @Test
  void choice_isBoundedInRowsAndBytes() {
    List<Candidate> many =
        IntStream.range(0, 150).mapToObj(i -> new Candidate(i, "", 10, true)).toList();
    BatchChoice rows = new BatchChoice(many);
    assertThat(rows.next()).hasSize(100);
    assertThat(rows.next()).hasSize(50);
    assertThat(rows.next()).isEmpty();

    BatchChoice bytes =
        new BatchChoice(
            List.of(
                new Candidate(1, "a", 3 * MIB, true),
                new Candidate(2, "b", 2 * MIB, true),
                new Candidate(3, "", 5 * MIB, true),
                new Candidate(4, "", 1, true)));
    assertThat(bytes.next()).containsExactly(1L);
    assertThat(bytes.next()).containsExactly(2L);
    assertThat(bytes.next()).containsExactly(3L);
    assertThat(bytes.next()).containsExactly(4L);
  }

  @Test
  void choice_leavesLaneOut_whoseFirstWaits() {
    BatchChoice choice =
        new BatchChoice(
            List.of(
                new Candidate(1, "a", 1, false),
                new Candidate(2, "a", 1, true),
                new Candidate(3, "b", 1, true),
                new Candidate(4, "b", 1, true),
                new Candidate(5, "", 1, false),
                new Candidate(6, "", 1, true)));
    assertThat(choice.next()).containsExactly(3L, 6L);
    assertThat(choice.next()).isEmpty();
  }

  @Property(tries = 500)
  void choice_takesTheFirstOfEachLane_once(
      @ForAll @Size(max = 300) List<@IntRange(max = 7) Integer> lanes) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < lanes.size(); i++) {
      int lane = lanes.get(i);
      candidates.add(new Candidate(i, lane == 0 ? "" : "l" + lane, 40_000, true));
    }
    BatchChoice choice = new BatchChoice(candidates);
    List<Long> taken = new ArrayList<>();
    for (List<Long> next = choice.next(); !next.isEmpty(); next = choice.next()) {
      assertThat(next).hasSizeLessThanOrEqualTo(100);
      assertThat(next.size() * 40_000L).isLessThanOrEqualTo(4L * MIB);
      taken.addAll(next);
    }
    Set<Integer> seen = new HashSet<>();
    List<Long> expected = new ArrayList<>();
    for (int i = 0; i < lanes.size(); i++) {
      if (lanes.get(i) == 0 || seen.add(lanes.get(i))) {
        expected.add((long) i);
      }
    }
    assertThat(taken).containsExactlyElementsOf(expected);
  }

  @Test
  void cursor_looksAtAllLanesOnce_fromWhereItStopped() {
    LaneCursor cursor = new LaneCursor();
    cursor.begin();
    assertThat(cursor.advance(LaneCursor.WINDOW, "m")).isTrue(); // found there; the claim ends
    cursor.begin();
    assertThat(cursor.after()).isEqualTo("m");
    assertThat(cursor.advance(3, "p")).isTrue(); // the end: what is before "m" is left
    assertThat(cursor.after()).isEmpty();
    assertThat(cursor.advance(LaneCursor.WINDOW, "m")).isTrue();
    assertThat(cursor.advance(3, "p")).isFalse();
    cursor.begin();
    assertThat(cursor.after()).isEmpty();
    assertThat(cursor.advance(0, "")).isFalse();
  }

  @Test
  void plan_withoutPolling_hasNoTimer_whenNothingIsPending() {
    RelayPlan plan = new RelayPlan(false, 0);
    assertThat(plan.next()).isZero();
    plan.nothing(10, RelayPlan.NEVER);
    assertThat(plan.next()).isEqualTo(RelayPlan.NEVER);
    plan.nothing(20, 600_000);
    assertThat(plan.next()).isEqualTo(600_020);
    plan.woken(30);
    assertThat(plan.next()).isEqualTo(30);
  }

  @Test
  void plan_polls_slowerAndSlower_untilAPublish() {
    RelayPlan plan = new RelayPlan(true, 0);
    List<Long> pauses = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      plan.nothing(0, RelayPlan.NEVER);
      pauses.add(plan.next());
    }
    assertThat(pauses).containsExactly(20L, 40L, 80L, 160L, 320L, 640L, 1000L, 1000L);
    plan.expecting(100);
    assertThat(plan.next()).isEqualTo(120);
    plan.expecting(110);
    assertThat(plan.next()).as("publishes do not put it off").isEqualTo(120);
  }

  @Test
  void plan_afterFailures_isEndedBySession_notByPublish() {
    RelayPlan plan = new RelayPlan(true, 0);
    List<Long> pauses = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      plan.failed(0);
      plan.woken(0);
      plan.expecting(0);
      pauses.add(plan.next());
    }
    assertThat(pauses).containsExactly(100L, 250L, 500L, 1000L, 2000L, 5000L, 5000L);
    plan.connected(7);
    assertThat(plan.next()).isEqualTo(7);
  }
}
