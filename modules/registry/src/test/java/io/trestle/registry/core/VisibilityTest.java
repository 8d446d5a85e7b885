package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.OutgoingRow;
import io.trestle.registry.core.Bench.Inst;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules of rpc.md 1.3, one by one, as the cache of a watcher shows them. */
class VisibilityTest {
  private final Bench bench = new Bench();
  private UUID orders;
  private UUID shop;

  @BeforeEach
  void services() {
    orders = bench.service("orders");
    shop = bench.service("shop");
  }

  private SdkCache seenBy(Inst watcher) {
    bench.settle();
    return bench.cache(watcher);
  }

  private Inst shop(Decl decl) {
    return bench.start(shop, decl);
  }

  private Inst orders(Decl decl) {
    return bench.start(orders, decl);
  }

  // ---- instances (rules 1 and 2)

  @Test
  void ownInstances_always_areListedAndOwnHandlersAreNot() {
    Inst first = shop(Decl.of().rpc("buy").at("h:1"));
    Inst second = shop(Decl.of().rpc("buy").at("h:2"));

    assertThat(seenBy(first).instances).containsOnlyKeys(first.id(), second.id());
    assertThat(seenBy(first).methods).isEmpty();
  }

  @Test
  void dependencyOnItself_ownHandlers_areNotListed() {
    Inst self = shop(Decl.of().rpc("buy").calls("shop", "*").at("h:1"));

    assertThat(seenBy(self).methods).isEmpty();
    assertThat(bench.stream(self).frames).hasSize(1);
  }

  @Test
  void dependency_methodThatNobodyServes_peersInstancesAreListed() {
    Inst watcher = shop(Decl.of().calls("orders", "other"));
    Inst peer = orders(Decl.of().rpc("create"));

    assertThat(seenBy(watcher).instances).containsKey(peer.id());
    assertThat(seenBy(watcher).methods).isEmpty();
  }

  @Test
  @Acceptance("RG-5")
  void dependency_unknownService_noEntryAndNoMethods() {
    Inst watcher = shop(Decl.of().calls("nobody", "*"));

    assertThat(seenBy(watcher).services()).containsOnly("shop");
    assertThat(seenBy(watcher).methods).isEmpty();
    assertThat(seenBy(watcher).outgoing).isEmpty();
  }

  @Test
  void dependency_serviceCreatedLater_isResolved() {
    Inst watcher = shop(Decl.of().calls("later", "*"));
    bench.settle();

    UUID later = bench.service("later");
    bench.start(later, Decl.of().rpc("m").at("h:1"));

    assertThat(seenBy(watcher).methodNames()).containsExactly("later/m");
    assertThat(seenBy(watcher).outgoing)
        .containsExactly(new OutgoingRow(shop, later, "*", Declarations.RPC));
  }

  @Test
  void publisherVisibleByItsEvent_everyInstanceOfIt_isListed() {
    Inst watcher = shop(Decl.of().subscribes("order.created"));
    Inst publisher = orders(Decl.of().publishes("order.created"));
    Inst sibling = orders(Decl.of().rpc("create").at("h:1"));

    assertThat(seenBy(watcher).instances).containsKeys(publisher.id(), sibling.id());
    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/order.created");
  }

  // ---- methods (rules 3, 4, 8, 9)

  @Test
  @Acceptance("RG-1")
  void dependency_registeredProvider_isInTheFirstSnapshotWithItsName() {
    orders(Decl.of().rpc("create", "v2:a").at("h:1"));
    Inst watcher = shop(Decl.of().calls("orders", "create"));
    bench.takeAll();

    Method row = bench.stream(watcher).snapshot(0).methods().get(0);
    assertThat(row.serviceName()).isEqualTo("orders");
    assertThat(row.name()).isEqualTo("create");
    assertThat(row.contractHash()).isEqualTo("v2:a");
    assertThat(row.published()).isFalse();
  }

  @Test
  @Acceptance("RG-2")
  void dependency_providerStartsLater_appearsOnTheLiveStream() {
    Inst watcher = shop(Decl.of().calls("orders", "create"));
    bench.settle();

    orders(Decl.of().rpc("create").at("h:1"));

    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/create");
    assertThat(bench.stream(watcher).update(1).addedPeers()).containsExactly(orders);
  }

  @Test
  @Acceptance("RG-3")
  void dependency_providerStops_leavesTheMap() {
    Inst watcher = shop(Decl.of().calls("orders", "create"));
    Inst provider = new Inst(orders, bench.id());
    UUID session = bench.open(provider);
    bench.register(provider, Decl.of().rpc("create").at("h:1"));
    assertThat(seenBy(watcher).methods).hasSize(1);

    bench.closeSession(provider, session);

    assertThat(seenBy(watcher).methods).isEmpty();
    assertThat(seenBy(watcher).services()).containsOnly("shop");
  }

  @Test
  @Acceptance("RG-4")
  void dependencyOnStar_everyMethodOfThatType_isListed() {
    Inst watcher = shop(Decl.of().calls("orders", "*"));
    orders(Decl.of().rpc("a").rpc("b").rpc("c").workflow("w").publishes("e.x").at("h:1"));

    assertThat(seenBy(watcher).methodNames())
        .containsExactlyInAnyOrder("orders/a", "orders/b", "orders/c");
  }

  @Test
  void dependencyOnOneMethod_othersOfTheService_areNotListed() {
    Inst watcher = shop(Decl.of().calls("orders", "a").runs("orders", "w"));
    orders(Decl.of().rpc("a").rpc("b").workflow("w").workflow("a").at("h:1"));

    assertThat(seenBy(watcher).methods.values())
        .extracting(m -> m.type() + m.name())
        .containsExactlyInAnyOrder("1a", "3w");
  }

  @Test
  @Acceptance("RG-6")
  void dependencyOnStar_instancesWithDifferentMethods_allAreListed() {
    Inst watcher = shop(Decl.of().calls("orders", "*"));
    Inst one = orders(Decl.of().rpc("a").at("h:1"));
    Inst two = orders(Decl.of().rpc("b").at("h:2"));

    assertThat(seenBy(watcher).methods.values())
        .extracting(m -> m.name() + m.instanceId())
        .containsExactlyInAnyOrder("a" + one.id(), "b" + two.id());
  }

  @Test
  @Acceptance("RG-8")
  void handler_withoutSchema_hasTheEmptyHash() {
    Inst watcher = shop(Decl.of().calls("orders", "*"));
    orders(Decl.of().rpc("a").at("h:1"));

    assertThat(seenBy(watcher).methods.values())
        .extracting(Method::contractHash)
        .containsExactly("");
  }

  @Test
  @Acceptance("RG-19")
  void handler_streaming_saysSo() {
    Inst watcher = shop(Decl.of().calls("orders", "*"));
    orders(Decl.of().streaming("tail").at("h:1"));

    assertThat(seenBy(watcher).methods.values()).extracting(Method::streaming).containsOnly(true);
  }

  @Test
  void methods_anyOrderOfDependencies_rpcComesFirst() {
    orders(Decl.of().workflow("same").rpc("same").at("h:1"));
    Inst watcher = shop(Decl.of().runs("orders", "same").calls("orders", "same"));
    bench.takeAll();

    assertThat(bench.stream(watcher).snapshot(0).methods())
        .extracting(Method::type)
        .containsExactly(Declarations.RPC, Declarations.WORKFLOW);
  }

  @Test
  void dependence_isOneWay() {
    Inst callee = orders(Decl.of().rpc("create").at("h:1"));
    shop(Decl.of().calls("orders", "*"));

    assertThat(seenBy(callee).services()).containsOnly("orders");
  }

  @Test
  void subscription_matchingEvents_areListedAsPublished() {
    Inst watcher = shop(Decl.of().subscribes("order.*"));
    orders(Decl.of().publishes("order.created", "v2:e").publishes("order.a.b").publishes("stock"));

    assertThat(seenBy(watcher).methods.values())
        .singleElement()
        .satisfies(
            m -> {
              assertThat(m.name()).isEqualTo("order.created");
              assertThat(m.type()).isEqualTo(Declarations.EVENT);
              assertThat(m.published()).isTrue();
              assertThat(m.contractHash()).isEqualTo("v2:e");
            });
  }

  @Test
  void subscription_eventNoLongerPublished_leaves() {
    Inst watcher = shop(Decl.of().subscribes("order.*"));
    Inst publisher = orders(Decl.of().publishes("order.created"));
    assertThat(seenBy(watcher).methods).hasSize(1);

    bench.register(publisher, Decl.of());

    assertThat(seenBy(watcher).services()).containsOnly("shop");
  }

  @Test
  void published_rowThatIsAPattern_matchesNothing() {
    Inst watcher = shop(Decl.of().subscribes("#"));
    orders(Decl.of().publishes("order.*"));

    assertThat(seenBy(watcher).methods).isEmpty();
    assertThat(seenBy(watcher).services()).containsOnly("shop");
  }

  @Test
  void ownEvents_subscribedByItself_areNotListed() {
    Inst self = shop(Decl.of().publishes("shop.opened").subscribes("#"));

    assertThat(seenBy(self).methods).isEmpty();
  }

  @Test
  void subscriptionOfASibling_events_areListedForTheWholeService() {
    Inst watcher = shop(Decl.of());
    orders(Decl.of().publishes("order.created"));
    assertThat(seenBy(watcher).methods).isEmpty();

    Inst sibling = new Inst(shop, bench.id());
    UUID session = bench.open(sibling);
    bench.register(sibling, Decl.of().subscribes("order.*"));
    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/order.created");

    bench.closeSession(sibling, session);
    assertThat(seenBy(watcher).methods).isEmpty();
    bench.pass(10_000);
    assertThat(seenBy(watcher).services()).containsOnly("shop");
  }

  // ---- subscriptions and outgoing calls (rules 6 and 7)

  @Test
  @Acceptance("RG-7")
  void ownRows_always_areListedAndThePeerListsItsMethod() {
    orders(Decl.of().rpc("create").at("h:1"));
    Inst watcher = shop(Decl.of().subscribes("stock.#", "f").calls("orders", "create"));

    assertThat(seenBy(watcher).subscriptionNames()).containsExactly("shop:stock.#");
    assertThat(seenBy(watcher).outgoing)
        .containsExactly(new OutgoingRow(shop, orders, "create", Declarations.RPC));
    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/create");
  }

  @Test
  void outgoing_ofSiblings_areUnitedAlsoWhenTheNameIsResolvedLater() {
    Inst watcher = shop(Decl.of().calls("orders", "a"));
    shop(Decl.of().calls("later", "b"));
    assertThat(seenBy(watcher).outgoing).hasSize(1);

    UUID later = bench.service("later");

    assertThat(seenBy(watcher).outgoing)
        .containsExactlyInAnyOrder(
            new OutgoingRow(shop, orders, "a", Declarations.RPC),
            new OutgoingRow(shop, later, "b", Declarations.RPC));
    assertThat(seenBy(watcher).methods).isEmpty();
  }

  @Test
  void subscriptionsOfVisiblePeers_toWhatTheServicePublishes_areListed() {
    Inst watcher = shop(Decl.of().calls("orders", "*"));
    shop(Decl.of().publishes("shop.opened"));
    orders(Decl.of().subscribes("shop.*").subscribes("stock.*"));
    bench.start(bench.service("stranger"), Decl.of().subscribes("shop.*"));

    assertThat(seenBy(watcher).subscriptionNames()).containsExactly("orders:shop.*");
  }

  @Test
  void subscription_onePatternTwoFilters_isOneRowAndTheOwnOneWins() {
    shop(Decl.of().subscribes("a.b", "theirs"));
    Inst watcher = shop(Decl.of().subscribes("a.b", "mine"));
    bench.takeAll();

    assertThat(bench.stream(watcher).snapshot(0).subscriptions())
        .singleElement()
        .satisfies(s -> assertThat(s.filter()).isEqualTo("mine"));
  }

  // ---- names

  @Test
  void renamedService_rowsAndDependents_follow() {
    Inst watcher = shop(Decl.of().calls("orders", "*").calls("sales", "*"));
    orders(Decl.of().rpc("create").at("h:1"));
    assertThat(seenBy(watcher).methodNames()).containsExactly("orders/create");

    bench.announce(orders, "sales", true);

    assertThat(seenBy(watcher).methodNames()).containsExactly("sales/create");
    assertThat(seenBy(watcher).services()).containsOnly("shop", "sales");
  }

  @Test
  @Acceptance("RG-16")
  void revokedAndCreatedAnew_theActiveRow_isMeantByTheName() {
    Inst watcher = shop(Decl.of().calls("orders", "*"));
    orders(Decl.of().rpc("create").at("h:1"));
    bench.settle();

    bench.announce(orders, "orders", false);
    UUID again = bench.service("orders");
    Inst provider = bench.start(again, Decl.of().rpc("create").at("h:2"));

    assertThat(seenBy(watcher).methods.values())
        .extracting(Method::instanceId)
        .containsExactly(provider.id());
    assertThat(seenBy(watcher).revokedServices).containsExactly(orders);
  }
}
