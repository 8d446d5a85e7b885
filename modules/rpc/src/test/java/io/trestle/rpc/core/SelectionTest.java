package io.trestle.rpc.core;

import static io.trestle.rpc.core.Candidates.drain;
import static io.trestle.rpc.core.Candidates.healthy;
import static io.trestle.rpc.core.Candidates.unhealthy;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.conversations.Callables.Instance;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private final InFlight inFlight = new InFlight();

  private Selection selection(List<Instance> candidates, Set<UUID> excluded) {
    return new Selection(candidates, excluded, inFlight, new Random(7));
  }

  private static Set<UUID> ids(Instance... instances) {
    return Set.copyOf(List.of(instances).stream().map(Instance::instanceId).toList());
  }

  @Test
  void next_noCandidates_isEmpty() {
    assertThat(selection(List.of(), Set.of()).next()).isEmpty();
  }

  @Test
  @Acceptance("WI-56")
  void next_allButOneExcluded_thatOneComesFirst() {
    List<Instance> all = List.of(healthy(1), healthy(2), healthy(3));

    for (int i = 0; i < 20; i++) {
      assertThat(drain(selection(all, ids(healthy(1), healthy(3)))).get(0)).isEqualTo(healthy(2));
    }
  }

  @Test
  @Acceptance({"WI-56", "RPC-21"})
  void next_allExcluded_anExcludedOneIsUsed() {
    assertThat(drain(selection(List.of(healthy(1)), ids(healthy(1))))).containsExactly(healthy(1));
    assertThat(drain(selection(List.of(healthy(1), healthy(2)), ids(healthy(1), healthy(2)))))
        .containsExactlyInAnyOrder(healthy(1), healthy(2));
  }

  @Test
  void next_unhealthyAmongHealthy_comesLast() {
    List<Instance> all = List.of(unhealthy(1), healthy(2), unhealthy(3), healthy(4));

    List<Instance> order = drain(selection(all, Set.of()));

    assertThat(order.subList(0, 2)).containsExactlyInAnyOrder(healthy(2), healthy(4));
    assertThat(order.subList(2, 4)).containsExactlyInAnyOrder(unhealthy(1), unhealthy(3));
  }

  @Test
  @Acceptance("RG-17")
  void next_allUnhealthy_callsStillFlow() {
    assertThat(selection(List.of(unhealthy(1), unhealthy(2)), Set.of()).next()).isPresent();
  }

  @Test
  void next_unhealthyButNotExcluded_comesBeforeTheExcluded() {
    List<Instance> all = List.of(unhealthy(1), healthy(2));

    assertThat(drain(selection(all, ids(healthy(2))))).containsExactly(unhealthy(1), healthy(2));
  }

  @Test
  void next_twoCandidates_theOneWithFewerInFlightIsTaken() {
    inFlight.enter(healthy(1).instanceId());

    for (int i = 0; i < 20; i++) {
      Selection selection = selection(List.of(healthy(1), healthy(2)), Set.of());
      Instance first = selection.next().orElseThrow();
      selection.release(first);
      assertThat(first).isEqualTo(healthy(2));
    }
  }

  @Test
  void next_manyCalls_areSpreadEvenly() {
    List<Instance> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(healthy(i));
    }
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      assertThat(new Selection(all, Set.of(), inFlight, random).next()).isPresent();
    }

    assertThat(inFlight.total()).isEqualTo(1_000);
    assertThat(all).allSatisfy(i -> assertThat(inFlight.count(i.instanceId())).isBetween(90, 110));
  }

  @Property(tries = 300)
  void drain_anyCandidates_eachIsTriedOnceInTheOrderOfTheClasses(
      @ForAll @Size(max = 8) List<@IntRange(max = 3) Integer> kinds, @ForAll long seed) {
    List<Instance> all = new ArrayList<>();
    Set<UUID> excluded = new HashSet<>();
    for (int i = 0; i < kinds.size(); i++) {
      Instance instance = kinds.get(i) % 2 == 0 ? healthy(i) : unhealthy(i);
      all.add(instance);
      if (kinds.get(i) >= 2) {
        excluded.add(instance.instanceId());
      }
    }

    List<Instance> order = drain(new Selection(all, excluded, inFlight, new Random(seed)));

    assertThat(order).containsExactlyInAnyOrderElementsOf(all);
    assertThat(order.stream().map(i -> kinds.get((int) i.instanceId().getLeastSignificantBits())))
        .isSorted();
    assertThat(inFlight.total()).isZero();
  }
}
