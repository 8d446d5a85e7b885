package io.trestle.sdk.internal.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Any history against the rules of rpc.md 4.4 written down without regard to cost. */
class CircuitBreakerPropertyTest {
  enum Act {
    CALL_ANSWERED,
    CALL_FAILED,
    CALL_LOST,
    CALL_THAT_STAYS,
    STAYING_ANSWERED,
    STAYING_FAILED,
    LOOK
  }

  /**
   * One step of a history.
   *
   * @param pauseMillis before it
   */
  record Deed(long pauseMillis, Act act) {}

  private record Ended(long second, boolean failed) {}

  /** The rules. Times are milliseconds. */
  private static final class Model {
    private final List<Ended> outcomes = new ArrayList<>();
    private String state = "closed";
    private long openedAt;
    private long usedAt;
    private @Nullable Object probe;

    boolean look(long now) {
      if (!state.equals("closed") && now - usedAt >= 60_000) {
        close();
      } else if (state.equals("open") && now - openedAt >= 30_000) {
        state = "half_open";
        probe = null;
      }
      usedAt = now;
      return state.equals("closed") || (state.equals("half_open") && probe == null);
    }

    void claim(Object call, long now) {
      usedAt = now;
      if (state.equals("half_open")) {
        probe = call;
      }
    }

    void settle(Object call, @Nullable Boolean failed, long now) {
      if (failed != null) {
        outcomes.add(new Ended(Math.floorDiv(now, 1000L), failed));
      }
      usedAt = now;
      boolean decides = state.equals("half_open") && call == probe;
      if (decides && failed == null) {
        probe = null;
      } else if (decides && Boolean.FALSE.equals(failed)) {
        close();
      } else if (decides || (state.equals("closed") && failed != null && mostlyFailures(now))) {
        state = "open";
        openedAt = now;
      }
    }

    private boolean mostlyFailures(long now) {
      List<Ended> recent =
          outcomes.stream().filter(o -> o.second() > Math.floorDiv(now, 1000L) - 10).toList();
      long failures = recent.stream().filter(Ended::failed).count();
      return recent.size() >= 10 && 2 * failures > recent.size();
    }

    private void close() {
      state = "closed";
      outcomes.clear();
      probe = null;
    }
  }

  private record Running(Object call, long claim) {}

  @Property(tries = 500)
  void breaker_doesWhatTheRulesSay(@ForAll("histories") List<Deed> history) {
    Race race = new Race();
    long now = 0;
    for (Deed deed : history) {
      now += deed.pauseMillis();
      race.perform(deed.act(), now);
      assertThat(name(race.breaker.state())).isEqualTo(race.model.state);
    }
  }

  private static String name(BreakerState state) {
    return switch (state) {
      case CLOSED -> "closed";
      case OPEN -> "open";
      case HALF_OPEN, PROBING -> "half_open";
    };
  }

  /** The two, doing the same. */
  private static final class Race {
    private final Model model = new Model();
    private final CircuitBreaker breaker = new CircuitBreaker((from, to) -> {});
    private final List<Running> running = new ArrayList<>();

    private void perform(Act act, long now) {
      switch (act) {
        case LOOK -> look(now);
        case CALL_ANSWERED -> settle(begin(now), false, now);
        case CALL_FAILED -> settle(begin(now), true, now);
        case CALL_LOST -> settle(begin(now), null, now);
        case CALL_THAT_STAYS -> {
          Running call = begin(now);
          if (call != null) {
            running.add(call);
          }
        }
        case STAYING_ANSWERED -> settle(oldest(), false, now);
        case STAYING_FAILED -> settle(oldest(), true, now);
      }
    }

    private @Nullable Running oldest() {
      return running.isEmpty() ? null : running.remove(0);
    }

    private boolean look(long now) {
      boolean admitted = breaker.admits(nanos(now));
      assertThat(admitted).isEqualTo(model.look(now));
      return admitted;
    }

    private @Nullable Running begin(long now) {
      if (!look(now)) {
        return null;
      }
      long claim = breaker.claim(nanos(now));
      assertThat(claim).isNotEqualTo(CircuitBreaker.REFUSED);
      Running call = new Running(new Object(), claim);
      model.claim(call, now);
      return call;
    }

    private void settle(@Nullable Running call, @Nullable Boolean failed, long now) {
      if (call != null) {
        Outcome outcome =
            failed == null ? Outcome.UNKNOWN : failed ? Outcome.FAILED : Outcome.ANSWERED;
        breaker.settle(call.claim(), outcome, nanos(now));
        model.settle(call, failed, now);
      }
    }

    private static long nanos(long millis) {
      return TimeUnit.MILLISECONDS.toNanos(millis);
    }
  }

  @Provide
  Arbitrary<List<Deed>> histories() {
    Arbitrary<Long> pauses =
        Arbitraries.frequencyOf(
            Tuple.of(20, Arbitraries.longs().between(0, 700)),
            Tuple.of(2, Arbitraries.longs().between(8_000, 31_000)),
            Tuple.of(1, Arbitraries.of(29_999L, 30_000L, 59_999L, 60_000L)));
    Arbitrary<Act> acts =
        Arbitraries.frequency(
            Tuple.of(3, Act.CALL_ANSWERED),
            Tuple.of(8, Act.CALL_FAILED),
            Tuple.of(1, Act.CALL_LOST),
            Tuple.of(2, Act.CALL_THAT_STAYS),
            Tuple.of(1, Act.STAYING_ANSWERED),
            Tuple.of(1, Act.STAYING_FAILED),
            Tuple.of(1, Act.LOOK));
    return Combinators.combine(pauses, acts).as(Deed::new).list().ofMinSize(20).ofMaxSize(150);
  }
}
