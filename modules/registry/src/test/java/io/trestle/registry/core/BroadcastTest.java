package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Callables;
import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.Snapshot;
import io.trestle.conversations.Registrations.Update;
import io.trestle.registry.core.Bench.Inst;
import io.trestle.registry.core.Bench.Stream;
import io.trestle.registry.core.Revocations.Revoked;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What reaches watchers, when, and in how many frames. */
class BroadcastTest {
  private final Bench bench = new Bench();
  private UUID orders;
  private UUID shop;
  private Inst consumer;
  private Stream stream;

  @BeforeEach
  void consumer() {
    orders = bench.service("orders");
    shop = bench.service("shop");
    consumer = bench.start(shop, Decl.of().calls("orders", "*"));
    bench.settle();
    stream = bench.stream(consumer);
  }

  // ---- revocation

  @Test
  @Acceptance("WI-44")
  void serviceRevoked_everyWatcherHearsAtOnce_scopeOrNot() {
    Inst stranger = bench.start(bench.service("stranger"), Decl.of());
    Inst provider = bench.start(orders, Decl.of().rpc("create").at("h:1"));
    bench.settle();

    bench.announce(orders, "orders", false);
    bench.takeAll();

    assertThat(bench.cache(stranger).revokedServices).containsExactly(orders);
    assertThat(bench.cache(consumer).revokedServices).containsExactly(orders);
    assertThat(bench.cache(consumer).instances).doesNotContainKey(provider.id());
    assertThat(bench.cache(consumer).methods).isEmpty();
    assertThat(bench.offer(orders).active()).isFalse();
  }

  @Test
  @Acceptance("RG-15")
  void instanceRevoked_everyWatcherHearsAtOnce_othersOfTheServiceStay() {
    Inst revoked = bench.start(orders, Decl.of().rpc("create").at("h:1"));
    Inst other = bench.start(orders, Decl.of().rpc("create").at("h:2"));
    bench.settle();

    bench.revoke(revoked);
    bench.takeAll();

    assertThat(stream.lastUpdate().revokedInstances()).containsExactly(revoked.id());
    assertThat(bench.cache(consumer).instances).containsKey(other.id());
    assertThat(bench.cache(consumer).instances).doesNotContainKey(revoked.id());
    assertThat(bench.offer(orders).instances())
        .extracting(Callables.Instance::instanceId)
        .containsExactly(other.id());
  }

  @Test
  @Acceptance("WI-44")
  void register_afterRevocations_snapshotIsFollowedByThem() {
    Inst revoked = bench.start(orders, Decl.of());
    bench.revoke(revoked);
    bench.announce(orders, "orders", false);

    Stream late = bench.stream(bench.start(bench.service("late"), Decl.of()));
    bench.takeAll();

    assertThat(late.frames.get(0)).isInstanceOf(Snapshot.class);
    assertThat(late.update(1).revokedServices()).containsExactly(orders);
    assertThat(late.update(1).revokedInstances()).containsExactly(revoked.id());
  }

  @Test
  void snapshot_onALiveStream_isFollowedByAllRevocationsAgain() {
    bench.revoke(bench.start(orders, Decl.of()));
    bench.settle();
    int before = stream.frames.size();

    bench.start(shop, Decl.of().subscribes("a.b"));
    bench.settle();

    assertThat(stream.frames.subList(before, stream.frames.size()))
        .hasExactlyElementsOfTypes(Snapshot.class, Update.class);
    assertThat(stream.lastUpdate().revokedInstances()).hasSize(1);
  }

  @Test
  void register_leafOfTheRevokedExpired_nothingFollowsTheSnapshot() {
    Inst revoked = bench.start(orders, Decl.of());
    bench.core.instanceRevoked(
        new AccessNews.InstanceRevoked(
            revoked.id(), orders, Instant.ofEpochMilli(bench.now + 1_000)),
        bench.now);
    bench.pass(1_000);

    Stream late = bench.stream(bench.start(bench.service("late"), Decl.of()));
    bench.takeAll();

    assertThat(late.frames).hasSize(1);
  }

  @Test
  void instanceRevoked_toldAgain_isNotSentAgain() {
    Inst revoked = bench.start(orders, Decl.of());
    bench.revoke(revoked);
    bench.settle();
    int before = stream.frames.size();

    bench.revoke(revoked);
    bench.settle();

    assertThat(stream.frames).hasSize(before);
  }

  @Test
  void serviceActivatedAgain_watcherThatHasNotHeard_neverWill() {
    stream.slow = true;
    bench.start(orders, Decl.of().rpc("create").at("h:1"));
    bench.pass(100);
    bench.announce(orders, "orders", false);
    bench.announce(orders, "orders", true);
    stream.slow = false;
    bench.settle();

    assertThat(stream.cache.revokedServices).isEmpty();
  }

  @Test
  void serviceActivatedAgain_everybodyIsShownAnInstanceThatNobodyKnows_andThatIsNotThere() {
    Inst stranger = bench.start(bench.service("stranger"), Decl.of());
    Inst provider = bench.start(orders, Decl.of().rpc("create").at("h:1"));
    Stream strangers = bench.stream(stranger);
    bench.announce(orders, "orders", false);
    bench.settle();
    bench.announce(orders, "orders", true);
    bench.settle();

    assertRestored(stream.lastUpdate(), provider);
    assertRestored(strangers.lastUpdate(), provider);
    Stream late = bench.stream(bench.start(bench.service("late"), Decl.of()));
    bench.settle();
    assertRestored(late.lastUpdate(), provider);
    assertThat(bench.cache(stranger).instances.values())
        .noneMatch(row -> row.serviceId().equals(orders));
  }

  @Test
  void serviceActivatedTwice_isShownAnotherInstanceEachTime() {
    bench.announce(orders, "orders", false);
    bench.announce(orders, "orders", true);
    bench.settle();
    UUID first = stream.lastUpdate().addedInstances().get(0).instanceId();
    bench.announce(orders, "orders", false);
    bench.announce(orders, "orders", true);
    bench.settle();

    assertThat(stream.lastUpdate().addedInstances().get(0).instanceId()).isNotEqualTo(first);
  }

  private void assertRestored(Update update, Inst known) {
    assertThat(update.addedInstances())
        .singleElement()
        .satisfies(row -> assertThat(row.serviceId()).isEqualTo(orders))
        .satisfies(row -> assertThat(row.instanceId()).isNotEqualTo(known.id()));
    assertThat(update.removedInstances()).isEqualTo(update.addedInstances());
    assertThat(update.revokedServices()).isEmpty();
  }

  // ---- capture modes

  @Test
  @Acceptance("WI-29")
  void captureModes_changed_everyWatcherGetsTheWholeSetOnTheLiveStream() {
    CaptureModes next = new CaptureModes(1, 2, 2, 2, true, 65_536);

    bench.core.captureModes(next, bench.now);
    bench.takeAll();

    assertThat(stream.lastUpdate().captureModes()).isEqualTo(next);
    assertThat(stream.cache.captureModes).isEqualTo(next);
    assertThat(stream.end).isNull();
  }

  @Test
  void captureModes_theSame_saysNothing() {
    bench.core.captureModes(new CaptureModes(2, 2, 2, 2, true, 65_536), bench.now);
    bench.settle();

    assertThat(stream.frames).hasSize(1);
  }

  @Test
  void captureModes_setBeforeConnecting_areInTheSnapshot() {
    CaptureModes next = new CaptureModes(3, 2, 1, 2, false, 100);
    bench.core.captureModes(next, bench.now);

    Stream late = bench.stream(bench.start(orders, Decl.of()));
    bench.takeAll();

    assertThat(late.snapshot(0).captureModes()).isEqualTo(next);
  }

  @Test
  @Acceptance("RG-18")
  void update_ofRowsOnly_hasCaptureModesAndNoPolicy() {
    bench.start(orders, Decl.of().rpc("create"));
    bench.settle();

    assertThat(stream.lastUpdate().captureModes()).isEqualTo(Bench.CAPTURE);
    assertThat(stream.lastUpdate().policy()).isNull();
  }

  // ---- frames

  @Test
  void changes_withinFiftyMillis_areOneFrame() {
    for (int i = 0; i < 20; i++) {
      bench.start(orders, Decl.of().rpc("m" + i).at("h:1"));
      bench.pass(2);
    }
    bench.pass(50);

    assertThat(stream.frames).hasSize(2);
    assertThat(stream.lastUpdate().added()).hasSize(20);
    assertThat(stream.lastUpdate().addedPeers()).containsExactly(orders);
  }

  @Test
  void change_whatTheWatcherDoesNotSee_sendsNothing() {
    bench.start(bench.service("unrelated"), Decl.of().rpc("x").calls("shop", "*"));
    bench.settle();

    assertThat(stream.frames).hasSize(1);
  }

  @Test
  void slowWatcher_getsNothingUntilItTook_thenOneDifference() {
    stream.slow = true;
    bench.start(orders, Decl.of().rpc("first").at("h:1"));
    bench.pass(100);
    assertThat(stream.underWay).isNotNull();
    for (int i = 0; i < 10; i++) {
      bench.start(orders, Decl.of().rpc("m" + i).at("h:1"));
      bench.pass(1_000);
    }
    assertThat(stream.frames).hasSize(1);

    stream.slow = false;
    bench.settle();

    assertThat(stream.frames).hasSize(3);
    assertThat(stream.lastUpdate().added()).hasSize(10);
  }

  @Test
  void slowWatcher_delaysNobodyElse() {
    Inst other = bench.start(shop, Decl.of().calls("orders", "*"));
    bench.settle();
    stream.slow = true;
    bench.start(orders, Decl.of().rpc("first").at("h:1"));
    bench.pass(100);
    bench.start(orders, Decl.of().rpc("second").at("h:1"));
    bench.pass(100);

    assertThat(bench.cache(other).methodNames())
        .containsExactlyInAnyOrder("orders/first", "orders/second");
  }

  @Test
  void change_ofMoreThanAThousandRows_isASnapshot() {
    Decl many = Decl.of().at("h:1");
    for (int i = 0; i < ViewDiff.MAX_ROWS; i++) {
      many.rpc("m" + i);
    }
    bench.start(orders, many);
    bench.settle();

    assertThat(stream.frames.get(1)).isInstanceOf(Snapshot.class);
    assertThat(stream.cache.methods).hasSize(ViewDiff.MAX_ROWS);
  }

  @Test
  void change_ofAThousandRows_isAnUpdate() {
    Decl many = Decl.of().at("h:1");
    for (int i = 0; i < ViewDiff.MAX_ROWS - 1; i++) {
      many.rpc("m" + i);
    }
    bench.start(orders, many);
    bench.settle();

    assertThat(stream.frames.get(1)).isInstanceOf(Update.class);
    assertThat(stream.cache.methods).hasSize(ViewDiff.MAX_ROWS - 1);
  }

  @Test
  void update_ofManyBytes_comesInMessagesBelowThreeMebibytes() {
    Inst provider = bench.start(orders, large(8));
    bench.settle();

    assertThat(stream.frames).as("two rows of 1 MiB fit").hasSize(1 + 4);
    assertThat(stream.frames).allSatisfy(BroadcastTest::isSmallEnough);
    assertThat(stream.cache.methods).hasSize(8);
    assertThat(stream.cache.instances).containsKey(provider.id());
    assertThat(stream.update(1).addedInstances()).as("methods precede instances").isEmpty();
  }

  @Test
  void snapshot_ofManyBytes_comesWithOwnRowsFirstAndTheMethodsAfter() {
    Inst provider = bench.start(orders, large(8));
    Inst late = bench.start(shop, Decl.of().calls("orders", "*").subscribes("a.b"));
    Stream its = bench.stream(late);
    bench.settle();

    assertThat(its.snapshot(0).methods()).isEmpty();
    assertThat(its.snapshot(0).policy()).isEqualTo(Bench.POLICY);
    assertThat(its.snapshot(0).subscriptions()).hasSize(1);
    assertThat(its.snapshot(0).outgoing()).hasSize(1);
    assertThat(its.snapshot(0).instances())
        .extracting(i -> i.instanceId())
        .contains(late.id(), provider.id());
    assertThat(its.frames).hasSizeGreaterThan(2).allSatisfy(BroadcastTest::isSmallEnough);
    assertThat(its.cache.methods).hasSize(8);
  }

  @Test
  void snapshot_ofManyInstances_comesInMessagesBelowThreeMebibytes() {
    View view = new View();
    for (int i = 0; i < 6_000; i++) {
      UUID id = bench.id();
      view.instances.put(id, new Instance(id, orders, "é".repeat(255), "h:1", "online", "", 0));
    }
    Extras extras =
        new Extras(Bench.POLICY, false, Bench.CAPTURE, false, Revoked.NOBODY, Revoked.NOBODY);

    List<Content> frames = ViewDiff.snapshot(view, extras);

    SdkCache cache = new SdkCache();
    frames.forEach(cache::apply);
    assertThat(frames).hasSizeGreaterThan(1).allSatisfy(BroadcastTest::isSmallEnough);
    assertThat(cache.instances).hasSize(6_000);
  }

  @Test
  void row_thatNoMessageCanCarry_isShownWithoutItsSchemas() {
    bench.start(orders, Decl.of().rpcWithSchema("huge", (3 << 20) + 1).rpc("other").at("h:1"));
    bench.settle();

    assertThat(stream.frames).allSatisfy(BroadcastTest::isSmallEnough);
    assertThat(stream.cache.methodNames()).containsExactlyInAnyOrder("orders/huge", "orders/other");
  }

  private static Decl large(int methods) {
    Decl decl = Decl.of().at("h:1");
    for (int i = 0; i < methods; i++) {
      decl.rpcWithSchema("m" + i, 1 << 20);
    }
    return decl;
  }

  private static void isSmallEnough(Content content) {
    assertThat((long) WireSize.of(content)).isLessThanOrEqualTo(Sizes.MAX_MESSAGE + 1_024);
  }

  @Test
  void removed_rows_areCompleteButForSchemas() {
    Inst provider = bench.start(orders, Decl.of().rpcWithSchema("create", 10).rpc("x").at("h:1"));
    bench.settle();

    bench.register(provider, Decl.of().rpc("x").at("h:1"));
    bench.settle();

    Method row = stream.lastUpdate().removed().get(0);
    assertThat(row.serviceId()).isEqualTo(orders);
    assertThat(row.serviceName()).isEqualTo("orders");
    assertThat(row.instanceId()).isEqualTo(provider.id());
    assertThat(row.contractHash()).isEqualTo("h");
    assertThat(row.inputSchema()).isEmpty();
  }

  // ---- health

  @Test
  @Acceptance("RG-17")
  void outcomes_failing_areSeenAsAChangedInstanceAndInTheOffer() {
    Inst provider = bench.start(orders, Decl.of().rpc("create").at("h:1"));
    bench.settle();

    bench.core.outcomes(List.of(new Callables.Outcome(provider.id(), 1, 4)), bench.now);
    long since = bench.now;
    bench.settle();

    assertThat(stream.lastUpdate().addedInstances())
        .singleElement()
        .satisfies(i -> assertThat(i.unhealthySinceMillis()).isEqualTo(since));
    assertThat(bench.offer(orders).instances().get(0).unhealthySinceMillis()).isEqualTo(since);

    bench.pass(HealthWindow.HEALING_MILLIS);
    assertThat(stream.lastUpdate().addedInstances())
        .singleElement()
        .satisfies(i -> assertThat(i.unhealthySinceMillis()).isZero());
  }

  @Test
  void outcomes_failingOn_openNewWindowsAndHealOnce() {
    Inst provider = bench.start(orders, Decl.of().rpc("create").at("h:1"));
    for (int i = 0; i < 100; i++) {
      bench.core.outcomes(List.of(new Callables.Outcome(provider.id(), 0, 5)), bench.now);
      bench.pass(1_000);
    }
    assertThat(stream.cache.instance(provider.id()).unhealthySinceMillis())
        .isGreaterThan(bench.now - 40_000);
    int before = stream.frames.size();

    bench.pass(40_000);

    assertThat(stream.frames).hasSize(before + 1);
    assertThat(stream.cache.instance(provider.id()).unhealthySinceMillis()).isZero();
    assertThat(bench.core.nextWake()).isEqualTo(Long.MAX_VALUE);
  }
}
