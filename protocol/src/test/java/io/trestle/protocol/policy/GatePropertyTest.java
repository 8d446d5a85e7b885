package io.trestle.protocol.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.protocol.events.EventPattern;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** The compiled policy against rpc.md 2.2, said with loops over rows. */
class GatePropertyTest {
  private static final UUID A = new UUID(0, 1);
  private static final UUID B = new UUID(0, 2);
  private static final UUID C = new UUID(0, 3);
  private static final List<UUID> SERVICES = List.of(A, B, C);
  private static final String BAD_TARGET = "no name";
  private static final List<String> METHODS = List.of("m1", "m2", "*");
  private static final List<String> NAMES = List.of("a", "a.b", "a.b.c", "x.b");
  private static final List<String> PATTERNS =
      List.of("a", "a.b", "a.*", "a.#", "#", "*.b", "*.#.c", BAD_TARGET);

  /** Flags and rows, as they are stored. */
  record Rows(Set<Capability> flags, List<Rule> rules) {
    ServicePolicy compiled() {
      return ServicePolicy.of(flags, rules);
    }
  }

  @Provide
  Arbitrary<Rows> rows() {
    Arbitrary<Set<Capability>> flags =
        Arbitraries.of(Capability.class).map(GatePropertyTest::without).injectNull(0.5);
    return Combinators.combine(flags, rule().list().ofMaxSize(5))
        .as((off, rules) -> new Rows(off == null ? all() : off, rules));
  }

  private static Set<Capability> all() {
    return EnumSet.allOf(Capability.class);
  }

  private static Set<Capability> without(Capability capability) {
    return EnumSet.complementOf(EnumSet.of(capability));
  }

  private static Arbitrary<Rule> rule() {
    Arbitrary<@Nullable UUID> peers = Arbitraries.of(SERVICES).injectNull(0.25);
    return Combinators.combine(
            Arbitraries.of(Action.values()),
            peers,
            Arbitraries.of("m1", "m2", "*", BAD_TARGET),
            Arbitraries.of(PATTERNS))
        .as(
            (action, peer, method, pattern) ->
                new Rule(action, peer, action.isOfEvents() ? pattern : method));
  }

  @Property(tries = 2_000)
  void call_anyPolicies_isJudgedAsTheRowsSay(
      @ForAll("rows") Rows callers, @ForAll("rows") Rows targets, @ForAll CallKind kind) {
    for (UUID target : List.of(A, B)) {
      Rows other = target.equals(A) ? callers : targets;
      for (String method : METHODS) {
        assertThat(Gate.call(kind, A, callers.compiled(), target, other.compiled(), method))
            .isEqualTo(Model.call(kind, callers, target, other, method));
      }
    }
  }

  @Property(tries = 2_000)
  void publish_anyPolicy_isJudgedAsTheRowsSay(@ForAll("rows") Rows publisher) {
    for (String name : NAMES) {
      assertThat(Gate.publish(publisher.compiled(), name))
          .isEqualTo(Model.publish(publisher, name));
    }
  }

  @Property(tries = 2_000)
  void questionsOfTheRegistry_anyPolicy_areAnsweredAsTheRowsSay(
      @ForAll("rows") Rows rows, @ForAll CallKind kind) {
    ServicePolicy policy = rows.compiled();
    for (Action action : List.of(kind.egress(), kind.acceptance())) {
      for (UUID peer : SERVICES) {
        assertThat(policy.allowsSome(action, peer)).isEqualTo(Model.some(rows, action, peer));
        assertThat(policy.shows(action, peer, "m1")).isEqualTo(Model.shows(rows, action, peer));
      }
      assertThat(policy.allows(action, null, "m1")).isEqualTo(Model.unknown(rows, action, "m1"));
      assertThat(policy.isOpen(action)).isEqualTo(Model.of(rows, action).isEmpty());
    }
    for (String pattern : List.of("a.b", "a.*", "a.#", "#", "*.b")) {
      assertThat(policy.covers(Action.EVENT_HANDLE, EventPattern.parse(pattern)))
          .isEqualTo(Model.covers(rows, pattern));
    }
  }

  @Property
  void equality_orderAndRepetitionOfRows_makeNoDifference(@ForAll("rows") Rows rows) {
    List<Rule> twice = new ArrayList<>(rows.rules);
    Collections.reverse(twice);
    twice.addAll(rows.rules);

    assertThat(ServicePolicy.of(rows.flags, twice))
        .isEqualTo(rows.compiled())
        .hasSameHashCodeAs(rows.compiled());
  }

  @Property
  @Acceptance("AP-18")
  void acceptance_ruleWithoutPeer_letsAnyCallerUseItsTarget(@ForAll("rows") Rows callers) {
    Rows targets = new Rows(all(), List.of(new Rule(Action.RPC_HANDLE, null, "m1")));
    Rows caller = new Rows(all(), List.of());

    for (UUID service : SERVICES) {
      assertThat(gate(service, caller, targets, "m1")).isNull();
      assertThat(gate(service, caller, targets, "m2")).isEqualTo(Denial.ACCEPTANCE);
      Denial denial = gate(service, callers, targets, "m1");
      assertThat(denial).isNotEqualTo(Denial.ACCEPTANCE);
    }
  }

  private static @Nullable Denial gate(UUID caller, Rows callers, Rows targets, String method) {
    return Gate.call(CallKind.RPC, caller, callers.compiled(), B, targets.compiled(), method);
  }

  /** Rpc.md 2.2 as plainly as it can be said. */
  private static final class Model {
    private Model() {}

    static List<Rule> of(Rows rows, Action action) {
      return rows.rules.stream().filter(r -> r.action() == action).toList();
    }

    static @Nullable Denial call(
        CallKind kind, Rows callers, UUID target, Rows targets, String method) {
      boolean rpc = kind == CallKind.RPC;
      if (!callers.flags.contains(rpc ? Capability.RPC_CALL : Capability.WORKFLOW_RUN)) {
        return Denial.CALLER_CAPABILITY;
      }
      if (!targets.flags.contains(rpc ? Capability.RPC_HANDLE : Capability.WORKFLOW_HANDLE)) {
        return Denial.TARGET_CAPABILITY;
      }
      if (!match(callers, rpc ? Action.RPC_CALL : Action.WORKFLOW_RUN, target, method)) {
        return Denial.EGRESS;
      }
      return match(targets, rpc ? Action.RPC_HANDLE : Action.WORKFLOW_HANDLE, A, method)
          ? null
          : Denial.ACCEPTANCE;
    }

    private static boolean match(Rows rows, Action action, UUID peer, String name) {
      List<Rule> list = of(rows, action);
      return list.isEmpty()
          || list.stream()
              .anyMatch(
                  r ->
                      (r.peer() == null || r.peer().equals(peer))
                          && (r.target().equals("*") || r.target().equals(name)));
    }

    static boolean unknown(Rows rows, Action action, String name) {
      return match(rows, action, new UUID(9, 9), name);
    }

    static boolean some(Rows rows, Action action, UUID peer) {
      List<Rule> list = of(rows, action);
      return list.isEmpty()
          || list.stream()
              .anyMatch(
                  r ->
                      !r.target().equals(BAD_TARGET)
                          && (r.peer() == null || r.peer().equals(peer)));
    }

    static boolean shows(Rows rows, Action action, UUID peer) {
      boolean any =
          of(rows, action).stream()
              .anyMatch(r -> r.peer() == null && !r.target().equals(BAD_TARGET));
      return any || match(rows, action, peer, "m1");
    }

    static @Nullable Denial publish(Rows rows, String name) {
      if (!rows.flags.contains(Capability.EVENT_PUBLISH)) {
        return Denial.CALLER_CAPABILITY;
      }
      List<Rule> list = of(rows, Action.EVENT_PUBLISH);
      boolean allowed =
          list.isEmpty()
              || list.stream()
                  .filter(r -> !r.target().equals(BAD_TARGET))
                  .anyMatch(r -> EventPattern.parse(r.target()).matches(name));
      return allowed ? null : Denial.EGRESS;
    }

    static boolean covers(Rows rows, String pattern) {
      List<Rule> list = of(rows, Action.EVENT_HANDLE);
      return list.isEmpty()
          || list.stream()
              .filter(r -> !r.target().equals(BAD_TARGET))
              .anyMatch(r -> EventPattern.parse(r.target()).contains(EventPattern.parse(pattern)));
    }
  }
}
