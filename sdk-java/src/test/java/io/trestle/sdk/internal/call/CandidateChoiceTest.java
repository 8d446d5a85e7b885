package io.trestle.sdk.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.protocol.HostPort;
import io.trestle.sdk.internal.breaker.BreakerState;
import io.trestle.sdk.internal.breaker.CircuitBreaker;
import io.trestle.sdk.internal.breaker.Outcome;
import io.trestle.sdk.internal.call.CandidateChoice.Choice;
import io.trestle.sdk.internal.call.CandidateChoice.Wish;
import io.trestle.sdk.internal.registry.PeerMemory;
import io.trestle.sdk.internal.registry.Route;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CandidateChoiceTest {
  private static final HostPort HERE = new HostPort("127.0.0.1", 4000);
  private static final long NOW = 1_000_000_000;

  private final Random random = new Random(1);

  @Test
  void nobody_isToldApart() {
    assertThat(choose(List.of(), "")).isEqualTo(Choice.None.NOT_SERVED);
    assertThat(choose(List.of(route("a", "v2:1", HERE, 0, 0)), ""))
        .isEqualTo(Choice.None.OTHER_CONTRACT);
    assertThat(choose(List.of(route("a", "", null, 0, 0)), "")).isEqualTo(Choice.None.NO_ENDPOINT);
  }

  @Test
  void otherContract_isNeverChosen() {
    List<Route> routes = List.of(route("a", "v2:1", HERE, 0, 0), route("b", "v2:2", HERE, 9, 0));
    for (int i = 0; i < 50; i++) {
      assertThat(chosen(choose(routes, "v2:2"))).isEqualTo("b");
    }
  }

  @Test
  @Acceptance("RG-17")
  void unhealthy_isAvoidedForAMinute_unlessAllAre() {
    List<Route> routes =
        List.of(route("sick", "", HERE, 0, NOW - 59_999), route("well", "", HERE, 99, 0));
    for (int i = 0; i < 50; i++) {
      assertThat(chosen(choose(routes, ""))).isEqualTo("well");
    }
    assertThat(chosen(choose(routes.subList(0, 1), ""))).isEqualTo("sick");
    List<Route> old =
        List.of(route("was", "", HERE, 0, NOW - 60_000), route("well", "", HERE, 99, 0));
    assertThat(chosen(choose(old, ""))).isEqualTo("was");
  }

  @Test
  void excluded_isUsedOnlyWhenNobodyElseIsLeft() {
    List<Route> routes = List.of(route("a", "", HERE, 0, 0), route("b", "", HERE, 99, 0));
    for (int i = 0; i < 50; i++) {
      assertThat(chosen(choose(routes, wish("", "a")))).isEqualTo("b");
    }
    assertThat(chosen(choose(routes, wish("", "a", "b")))).isIn("a", "b");
  }

  @Test
  void openBreaker_isSkippedByDirectCalls_whateverElseIsLeft() {
    Route broken = broken(route("broken", "", HERE, 0, 0));
    List<Route> routes = List.of(broken, route("marked", "", HERE, 99, NOW));
    for (int i = 0; i < 50; i++) {
      assertThat(chosen(choose(routes, ""))).isEqualTo("marked");
      assertThat(chosen(choose(routes, wish("", "marked")))).isEqualTo("marked");
    }
    assertThat(choose(List.of(broken), "")).isEqualTo(Choice.None.SHEDDING);
    Wish proxied = new Wish("", List.of(), false, NOW, 0);
    assertThat(chosen(choose(List.of(broken), proxied))).isEqualTo("broken");
  }

  @Test
  void halfOpenBreaker_givesItsPlaceToTheWinnerOnly() {
    Route idle = broken(route("idle", "", HERE, 0, 0));
    Route busy = broken(route("busy", "", HERE, 9, 0));
    Wish later = new Wish("", List.of(), true, NOW, TimeUnit.SECONDS.toNanos(30));
    List<Route> routes = List.of(busy, idle);

    assertThat(chosen(choose(routes, later))).isEqualTo("idle");
    assertThat(busy.breaker().state()).isEqualTo(BreakerState.HALF_OPEN);
    assertThat(chosen(choose(routes, later))).isEqualTo("busy");
    assertThat(choose(routes, later)).isEqualTo(Choice.None.SHEDDING);
  }

  private static Route broken(Route route) {
    for (int i = 0; i < 10; i++) {
      route.breaker().settle(CircuitBreaker.ORDINARY, Outcome.FAILED, 0);
    }
    return route;
  }

  @Property(tries = 20)
  void equalLoad_isSpreadEvenly(@ForAll @IntRange(min = 2, max = 9) int count) {
    List<Route> routes =
        IntStream.range(0, count).mapToObj(i -> route("i" + i, "", HERE, 0, 0)).toList();
    Map<String, Integer> hits = new HashMap<>();
    int rounds = 2_000 * count;
    for (int i = 0; i < rounds; i++) {
      hits.merge(chosen(choose(routes, "")), 1, Integer::sum);
    }
    assertThat(hits).hasSize(count);
    assertThat(hits.values()).allSatisfy(n -> assertThat(n).isBetween(1_600, 2_400));
  }

  @Property(tries = 50)
  void mostLoaded_isNeverChosen_whenAllOthersHaveLess(
      @ForAll @IntRange(min = 2, max = 9) int count) {
    List<Route> routes =
        IntStream.range(0, count)
            .mapToObj(i -> route("i" + i, "", HERE, i == count - 1 ? 10 : 0, 0))
            .toList();
    for (int i = 0; i < 100; i++) {
      assertThat(chosen(choose(routes, ""))).isNotEqualTo("i" + (count - 1));
    }
  }

  private Choice choose(List<Route> routes, String hash) {
    return choose(routes, wish(hash));
  }

  private Choice choose(List<Route> routes, Wish wish) {
    return CandidateChoice.choose(routes, wish, random);
  }

  private static Wish wish(String hash, String... excluded) {
    return new Wish(hash, List.of(excluded), true, NOW, 0);
  }

  private static String chosen(Choice choice) {
    return ((Choice.Chosen) choice).route().instanceId();
  }

  private static Route route(
      String id, String hash, @Nullable HostPort endpoint, int load, long unhealthySince) {
    PeerMemory memory = PeerMemory.of("service", id);
    memory.load().set(load);
    return new Route("service", id, hash, endpoint, unhealthySince, false, memory);
  }
}
