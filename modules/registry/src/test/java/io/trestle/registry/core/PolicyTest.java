package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.conversations.Callables;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Registrations.OutgoingRow;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.conversations.Registrations.Violation;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Bench.Inst;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a policy hides, what it warns of, and who is told of its changes (rpc.md 1.3, 2). */
class PolicyTest {
  private static final byte[] NONE = {};

  private final Bench bench = new Bench();
  private UUID orders;
  private UUID shop;
  private UUID third;

  @BeforeEach
  void services() {
    orders = bench.service("orders");
    shop = bench.service("shop");
    third = bench.service("third");
  }

  private static Rule call(UUID peer, String method) {
    return new Rule(Action.RPC_CALL, peer, method);
  }

  private static Rule event(Action action, String pattern) {
    return new Rule(action, null, pattern);
  }

  private SdkCache seenBy(Inst watcher) {
    bench.settle();
    return bench.cache(watcher);
  }

  private Policy policyOf(Inst watcher) {
    return Objects.requireNonNull(seenBy(watcher).policy);
  }

  /** Warnings as {@code declaration value side}. */
  private List<String> warnings(Inst watcher) {
    return policyOf(watcher).warnings().stream()
        .map(w -> w.declaration() + " " + w.value() + " " + w.denySide())
        .toList();
  }

  // ---- scope (rpc.md 1.3)

  @Test
  @Acceptance("AP-7")
  void scope_ruleForOneMethod_hidesTheOthersAndKeepsOwnRows() {
    Inst provider = bench.start(orders, Decl.of().rpc("m1").rpc("m2").at("h:1"));
    bench.start(third, Decl.of().rpc("m1").at("h:2"));
    bench.rules(shop, call(orders, "m1"));
    Inst watcher =
        bench.start(
            shop,
            Decl.of()
                .calls("orders", "m1")
                .calls("orders", "m2")
                .calls("third", "m1")
                .subscribes("order.created"));

    SdkCache seen = seenBy(watcher);
    assertThat(seen.methodNames()).containsExactly("orders/m1");
    assertThat(seen.services()).containsOnly("orders", "shop");
    assertThat(seen.subscriptionNames()).containsExactly("shop:order.created");
    assertThat(seen.outgoing)
        .contains(
            new OutgoingRow(shop, orders, "m1", Declarations.RPC),
            new OutgoingRow(shop, orders, "m2", Declarations.RPC));
    assertThat(seenBy(provider).services()).containsOnly("orders");
  }

  @Test
  void scope_dependencyOnEveryMethod_isTakenApart() {
    bench.start(orders, Decl.of().rpc("m1").rpc("m2").workflow("w").at("h:1"));
    bench.rules(shop, call(orders, "m1"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "*").runs("orders", "*"));

    assertThat(seenBy(watcher).methodNames()).containsExactlyInAnyOrder("orders/m1", "orders/w");
  }

  @Test
  void scope_onlyMethodOfAPeerForbidden_peerIsNotSeen() {
    bench.start(orders, Decl.of().rpc("m1").rpc("m2").at("h:1"));
    bench.rules(shop, call(orders, "m1"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "m2"));

    assertThat(seenBy(watcher).services()).containsOnly("shop");
  }

  @Test
  void scope_anyRuleWithoutAPeer_isOpen() {
    bench.start(orders, Decl.of().rpc("m1").rpc("m2").at("h:1"));
    bench.rules(shop, call(third, "m1"), new Rule(Action.RPC_CALL, null, "other"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "*"));

    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/m1", "orders/m2");
  }

  @Test
  void scope_acceptanceOfThePeer_hidesNothing() {
    bench.start(orders, Decl.of().rpc("m1").at("h:1"));
    bench.rules(orders, new Rule(Action.RPC_HANDLE, third, "m1"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "m1"));

    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/m1");
  }

  @Test
  void scope_httpDependency_isNotScoped() {
    bench.start(
        orders,
        Decl.of()
            .handles(new Incoming(Declarations.HTTP, "GET /", NONE, NONE, false, "", NONE))
            .http("h:80"));
    bench.rules(shop, call(third, "m1"));
    Inst watcher = bench.start(shop, Decl.of().depends("orders", "*", Declarations.HTTP));

    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/GET /");
  }

  @Test
  @Acceptance("AP-8")
  void scope_ruleThatMeetsTheSubscription_showsTheEvent() {
    bench.start(orders, Decl.of().publishes("orders.created"));
    bench.rules(shop, event(Action.EVENT_PUBLISH, "orders.*"));
    Inst watcher = bench.start(shop, Decl.of().subscribes("*.created"));

    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/orders.created");
  }

  @Test
  @Acceptance("AP-9")
  void scope_ruleBesideTheSubscription_hidesTheEvent() {
    bench.start(orders, Decl.of().publishes("payments.created"));
    bench.rules(shop, event(Action.EVENT_PUBLISH, "orders.*"));
    Inst watcher = bench.start(shop, Decl.of().subscribes("payments.*"));

    assertThat(seenBy(watcher).services()).containsOnly("shop");
    bench.rules(shop);
    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/payments.created");
  }

  @Test
  @Acceptance("AP-10")
  void scope_ruleForOneWorkflow_hidesTheOther() {
    bench.start(orders, Decl.of().workflow("flowA").workflow("flowB"));
    bench.rules(shop, new Rule(Action.WORKFLOW_RUN, orders, "flowA"));
    Inst watcher = bench.start(shop, Decl.of().runs("orders", "flowA").runs("orders", "flowB"));

    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/flowA");
  }

  @Test
  void scope_ruleThatIsReplaced_takesThePeerOutOfTheMap() {
    bench.start(orders, Decl.of().rpc("m1").at("h:1"));
    bench.rules(shop, call(orders, "m1"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "m1"));
    assertThat(seenBy(watcher).services()).contains("orders");

    bench.rules(shop, call(third, "m1"));

    assertThat(seenBy(watcher).services()).containsOnly("shop");
    assertThat(bench.stream(watcher).lastUpdate().removedPeers()).containsExactly(orders);
    assertThat(bench.stream(watcher).lastUpdate().policy()).isNotNull();
  }

  // ---- capabilities (gate 1)

  @Test
  void capability_off_takesHandlersOutOfViewsAndOffers_andOnBringsThemBack() {
    Inst provider = bench.start(orders, Decl.of().rpc("m1").workflow("w").at("h:1"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "*").runs("orders", "*"));
    bench.off(orders, Capability.RPC_HANDLE);

    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/w");
    assertThat(offered()).isEmpty();
    assertThat(policyOf(provider).capabilities())
        .containsExactly("event.handle", "workflow.handle", "job.handle");
    assertThat(warnings(provider)).containsExactly("rpc.handle m1 capability");
    assertThat(warnings(watcher)).containsExactly("rpc.call orders/* peer_acceptance");

    bench.off(orders);

    assertThat(seenBy(watcher).methodNames()).containsExactlyInAnyOrder("orders/m1", "orders/w");
    assertThat(offered()).containsExactly("m1");
    assertThat(warnings(provider)).isEmpty();
    assertThat(warnings(watcher)).isEmpty();
    assertThat(bench.stream(provider).snapshot(0)).isNotNull();
    assertThat(bench.stream(provider).end).isNull();
  }

  private List<String> offered() {
    return bench.offer(orders).instances().stream()
        .flatMap(i -> i.methods().stream())
        .map(Callables.Method::name)
        .toList();
  }

  @Test
  void capability_offBeforeRegistration_handlersAreNeverSeen() {
    bench.off(orders, Capability.RPC_HANDLE);
    bench.start(orders, Decl.of().rpc("m1").at("h:1"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "m1"));

    assertThat(seenBy(watcher).methods).isEmpty();
    assertThat(offered()).isEmpty();
  }

  @Test
  void capability_eventHandleOff_warnsOfEverySubscription_andPeersSeeNone() {
    Inst publisher =
        bench.start(
            shop, Decl.of().publishes("orders.created").calls("orders", "*").rpc("r").at("h:1"));
    Inst consumer = bench.start(orders, Decl.of().subscribes("orders.*"));
    assertThat(seenBy(publisher).subscriptionNames()).containsExactly("orders:orders.*");

    bench.off(orders, Capability.EVENT_HANDLE);

    assertThat(warnings(consumer)).containsExactly("event.handle orders.* capability");
    assertThat(seenBy(consumer).subscriptionNames()).containsExactly("orders:orders.*");
    assertThat(seenBy(publisher).subscriptionNames()).isEmpty();
  }

  @Test
  @Acceptance("AP-20")
  void capability_ofTheCallingSide_keepsDeclarationsAndWarns() {
    bench.start(orders, Decl.of().rpc("m1").workflow("w").at("h:1"));
    bench.off(shop, Capability.RPC_CALL, Capability.WORKFLOW_RUN, Capability.EVENT_PUBLISH);
    Inst watcher =
        bench.start(
            shop, Decl.of().calls("orders", "m1").runs("orders", "w").publishes("shop.opened"));

    assertThat(warnings(watcher))
        .containsExactly(
            "rpc.call orders/m1 capability",
            "workflow.run orders/w capability",
            "event.publish shop.opened capability");
    assertThat(policyOf(watcher).capabilities())
        .containsExactly("rpc.handle", "event.handle", "workflow.handle", "job.handle");
    assertThat(seenBy(watcher).outgoing).hasSize(2);
    assertThat(seenBy(watcher).methodNames()).contains("orders/m1", "orders/w");
  }

  // ---- warnings (gate 2)

  @Test
  @Acceptance("AP-1")
  void warnings_newService_thereAreNone() {
    bench.start(orders, Decl.of().rpc("m1").at("h:1"));
    Inst watcher =
        bench.start(
            shop,
            Decl.of()
                .rpc("r")
                .workflow("w")
                .calls("orders", "*")
                .calls("nobody", "m")
                .runs("orders", "w")
                .publishes("a.b")
                .subscribes("#"));

    assertThat(policyOf(watcher)).isEqualTo(Bench.POLICY);
  }

  @Test
  @Acceptance("AP-3")
  void warnings_subscriptions_areThoseThatAcceptanceDoesNotContain() {
    bench.rules(shop, event(Action.EVENT_HANDLE, "orders.*"));
    Inst watcher =
        bench.start(
            shop,
            Decl.of()
                .subscribes("orders.created")
                .subscribes("payments.created")
                .subscribes("orders.a.b")
                .subscribes("orders.#"));

    assertThat(warnings(watcher))
        .containsExactly(
            "event.handle payments.created self_acceptance",
            "event.handle orders.a.b self_acceptance",
            "event.handle orders.# self_acceptance");
    assertThat(seenBy(watcher).subscriptions).hasSize(4);
  }

  @Test
  void warnings_publishedEvent_outsideOfEgress() {
    bench.rules(shop, event(Action.EVENT_PUBLISH, "orders.*"));
    Inst watcher =
        bench.start(
            shop, Decl.of().publishes("orders.created").publishes("payments.x").publishes("#"));

    assertThat(warnings(watcher))
        .containsExactly("event.publish payments.x self_egress", "event.publish # self_egress");
  }

  @Test
  @Acceptance("AP-14")
  void warnings_unknownService_isTestedAgainstOwnEgress() {
    Inst watcher = bench.start(shop, Decl.of().calls("nobody", "secret"));
    assertThat(warnings(watcher)).isEmpty();

    bench.rules(shop, call(orders, "*"));

    Violation warning = policyOf(watcher).warnings().get(0);
    assertThat(policyOf(watcher).warnings()).hasSize(1);
    assertThat(warning.declaration()).isEqualTo("rpc.call");
    assertThat(warning.value()).isEqualTo("nobody/secret");
    assertThat(warning.denySide()).isEqualTo("self_egress");
    assertThat(warning.reason()).contains("egress").contains("nobody/secret");
  }

  @Test
  void warnings_unknownService_ruleWithoutPeerCoversIt() {
    bench.rules(shop, new Rule(Action.RPC_CALL, null, "m"));
    Inst watcher = bench.start(shop, Decl.of().calls("nobody", "m"));

    assertThat(warnings(watcher)).isEmpty();
  }

  @Test
  @Acceptance("AP-21")
  void warnings_dependencyOnEveryMethod_onlyWhenNoneCouldPass() {
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "*"));
    bench.rules(shop, call(orders, "m1"));
    assertThat(warnings(watcher)).isEmpty();

    bench.rules(shop, call(third, "m1"));

    assertThat(warnings(watcher)).containsExactly("rpc.call orders/* self_egress");
  }

  @Test
  void warnings_acceptanceOfThePeer_comesAndGoes() {
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "m1").calls("orders", "m2"));
    bench.rules(orders, new Rule(Action.RPC_HANDLE, shop, "m1"));
    assertThat(warnings(watcher)).containsExactly("rpc.call orders/m2 peer_acceptance");

    bench.rules(orders, new Rule(Action.RPC_HANDLE, third, "*"));
    assertThat(warnings(watcher)).hasSize(2);

    bench.announce(orders, "orders", false);
    assertThat(warnings(watcher)).isEmpty();
  }

  @Test
  void warnings_serviceThatCallsItself_isAPeerLikeAnyOther() {
    Inst watcher = bench.start(shop, Decl.of().rpc("m").calls("shop", "m").at("h:1"));
    bench.rules(shop, new Rule(Action.RPC_HANDLE, orders, "m"));

    assertThat(warnings(watcher)).containsExactly("rpc.call shop/m peer_acceptance");
  }

  @Test
  void warnings_ofAFaultyRule_closeTheListTheyStandIn() {
    bench.rules(shop, event(Action.EVENT_PUBLISH, "a..b"), call(orders, "no name"));
    bench.start(orders, Decl.of().rpc("m").at("h:1"));
    Inst watcher = bench.start(shop, Decl.of().calls("orders", "m").publishes("a.b"));

    assertThat(warnings(watcher))
        .containsExactly("rpc.call orders/m self_egress", "event.publish a.b self_egress");
    assertThat(seenBy(watcher).methods).isEmpty();
  }

  // ---- frames

  @Test
  void evaluation_rules_areShownWithTheNamesOfPeers_andFollowARename() {
    bench.rules(
        shop,
        call(orders, "m1"),
        new Rule(Action.RPC_CALL, null, "m2"),
        new Rule(Action.RPC_HANDLE, third, "*"));
    Inst watcher = bench.start(shop, Decl.of());

    assertThat(policyOf(watcher).egress())
        .containsExactly(
            new Registrations.Rule("rpc.call", null, "", "m2"),
            new Registrations.Rule("rpc.call", orders, "orders", "m1"));
    assertThat(policyOf(watcher).acceptance())
        .containsExactly(new Registrations.Rule("rpc.handle", third, "third", "*"));

    bench.announce(orders, "sales", true);

    assertThat(policyOf(watcher).egress())
        .contains(new Registrations.Rule("rpc.call", orders, "sales", "m1"));
  }

  @Test
  void edit_whoIsNotAffected_getsNoFrame() {
    bench.start(orders, Decl.of().rpc("m1").at("h:1"));
    Inst dependent = bench.start(third, Decl.of().calls("shop", "m1"));
    Inst stranger = bench.start(bench.service("stranger"), Decl.of().calls("orders", "m1"));
    Inst watcher = bench.start(shop, Decl.of().rpc("m1").calls("orders", "m1").at("h:2"));
    bench.settle();
    int dependentFrames = bench.stream(dependent).frames.size();
    int strangerFrames = bench.stream(stranger).frames.size();
    int frames = bench.stream(watcher).frames.size();

    bench.rules(shop, call(orders, "*"));
    bench.settle();
    bench.rules(shop, call(orders, "*"));
    bench.settle();

    assertThat(bench.stream(watcher).frames).hasSize(frames + 1);
    assertThat(bench.stream(dependent).frames).hasSize(dependentFrames);
    assertThat(bench.stream(stranger).frames).hasSize(strangerFrames);
  }

  @Test
  void edits_withinTheCoalescingTime_areOneFrame() {
    Inst watcher = bench.start(shop, Decl.of());
    bench.settle();
    int frames = bench.stream(watcher).frames.size();

    bench.rules(shop, call(orders, "a"));
    bench.rules(shop, call(orders, "b"));
    bench.policy(shop, ServicePolicy.OPEN);
    bench.rules(shop, call(orders, "c"));

    assertThat(policyOf(watcher).egress()).hasSize(1);
    assertThat(bench.stream(watcher).frames).hasSize(frames + 1);
  }

  @Test
  void evaluation_moreWarningsThanFit_isCutAndSent() {
    bench.rules(shop, call(third, "m"));
    Decl decl = Decl.of();
    for (int i = 0; i < 5_000; i++) {
      decl.calls("orders", "m".repeat(100) + i);
    }
    Inst watcher = bench.start(shop, decl);

    assertThat(policyOf(watcher).warnings()).hasSizeBetween(100, 4_000);
  }
}
