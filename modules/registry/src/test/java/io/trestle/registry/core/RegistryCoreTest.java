package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Snapshot;
import io.trestle.conversations.Sessions;
import io.trestle.registry.core.Bench.Inst;
import io.trestle.registry.core.Bench.Stream;
import io.trestle.registry.core.Effect.EndWatch;
import io.trestle.registry.core.Effect.SignalSession;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions and registrations: presence, replacement, grace, ends. */
class RegistryCoreTest {
  private final Bench bench = new Bench();
  private UUID orders;
  private UUID shop;

  @BeforeEach
  void services() {
    orders = bench.service("orders");
    shop = bench.service("shop");
  }

  private Inst provider() {
    return bench.start(orders, Decl.of().rpc("create", "v2:a").at("10.0.0.1:7000"));
  }

  private Inst consumer() {
    return bench.start(shop, Decl.of().calls("orders", "*"));
  }

  // ---- sessions

  @Test
  void open_knownService_answersNameAndStoresPresence() {
    Inst instance = new Inst(orders, bench.id());

    Sessions.Opened opened =
        bench.core.open(
            new Sessions.Open(bench.id(), orders, instance.id(), 1, "go", "2"), "s1", bench.now);

    assertThat(opened).isEqualTo(new Sessions.Opened("s1", "orders"));
    assertThat(bench.presence(instance).connected()).isTrue();
    assertThat(bench.presence(instance).sessionId()).isEqualTo("s1");
  }

  @Test
  void admit_foreignRevision_isRefusedForGood() {
    bench.core.admit(orders, bench.id(), 0);
    bench.core.admit(orders, bench.id(), 1);
    assertThatThrownBy(() -> bench.core.admit(orders, bench.id(), 2))
        .isInstanceOfSatisfying(
            Refused.class, e -> assertThat(e.reason()).isEqualTo(Reason.PRECONDITION));
  }

  @Test
  void admit_revokedOrUnknown_isUnauthenticated() {
    Inst instance = provider();
    bench.revoke(instance);
    bench.announce(shop, "shop", false);

    for (UUID service : List.of(shop, bench.id())) {
      assertThatThrownBy(() -> bench.core.admit(service, bench.id(), 1))
          .isInstanceOfSatisfying(Refused.class, RegistryCoreTest::accessRevoked);
    }
    assertThatThrownBy(() -> bench.open(instance))
        .isInstanceOfSatisfying(Refused.class, RegistryCoreTest::accessRevoked);
  }

  private static void accessRevoked(Refused e) {
    assertThat(e.reason()).isEqualTo(Reason.UNAUTHENTICATED);
    assertThat(e).hasMessage("access revoked");
  }

  @Test
  @Acceptance("WI-24")
  void open_sessionAlready_replacesItWithoutAnybodySeeingAGap() {
    Inst watcher = consumer();
    Inst instance = new Inst(orders, bench.id());
    UUID first = bench.open(instance);
    bench.register(instance, Decl.of().rpc("create").at("h:1"));
    bench.settle();
    bench.effects.clear();

    UUID second = bench.open(instance);
    bench.pass(4_999);
    assertThat(bench.ended).doesNotContainKey(first);
    bench.pass(1);
    bench.closeSession(instance, first);
    bench.settle();

    assertThat(bench.ended.get(first))
        .isEqualTo(new Sessions.Signal(Sessions.Kind.END, 10, "session replaced"));
    assertThat(bench.ended).doesNotContainKey(second);
    assertThat(bench.effects)
        .filteredOn(Effect.WritePresence.class::isInstance)
        .extracting(e -> ((Effect.WritePresence) e).connected())
        .containsOnly(true);
    assertThat(bench.stream(watcher).frames).hasSize(1 + 1);
    assertThat(bench.cache(watcher).instances).containsKey(instance.id());
  }

  @Test
  void presenceEdited_liveInstance_isWrittenAsItIs_unlessItChangedMeanwhile() {
    Inst live = new Inst(orders, bench.id());
    Inst gone = new Inst(orders, bench.id());
    bench.open(live);
    bench.register(live, Decl.of().rpc("create").at("h:1").http("h:2"));
    bench.closeSession(gone, bench.open(gone));
    bench.settle();
    List<Effect.WritePresence> before = bench.core.presence(bench.now);
    assertThat(before).extracting(Effect.WritePresence::instanceId).containsExactly(live.id());
    bench.effects.clear();

    assertThat(bench.core.presenceEdited(before, bench.now + 1)).isEqualTo(1);

    assertThat(bench.effects).containsExactlyElementsOf(bench.core.presence(bench.now + 1));
    assertThat(bench.presence(live).callEndpoint()).isEqualTo("h:1");
    bench.register(live, Decl.of().rpc("create").at("h:3"));
    assertThat(bench.core.presenceEdited(before, bench.now)).isZero();
  }

  @Test
  @Acceptance("WI-23")
  void sessionClosed_lastSession_isDisconnectedWithoutEndpointsAndRemoved() {
    Inst watcher = consumer();
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    bench.register(instance, Decl.of().rpc("create").at("h:1").http("h:2"));
    bench.settle();
    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/create");

    bench.closeSession(instance, session);
    bench.settle();

    Effect.WritePresence stored = bench.presence(instance);
    assertThat(stored.connected()).isFalse();
    assertThat(stored.callEndpoint()).isEmpty();
    assertThat(stored.httpEndpoint()).isEmpty();
    assertThat(stored.sessionId()).isEmpty();
    assertThat(bench.cache(watcher).services()).containsOnly("shop");
    assertThat(bench.stream(watcher).lastUpdate().removedPeers()).containsExactly(orders);
    assertThat(bench.offer(orders).instances()).isEmpty();
  }

  @Test
  @Acceptance("WI-70")
  void sessionClosed_noNewSession_endsTheRegistryStreamAfterFiveSeconds() {
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    Stream stream = bench.register(instance, Decl.of());

    bench.closeSession(instance, session);
    bench.pass(4_999);
    assertThat(stream.end).isNull();
    bench.pass(1);

    assertThat(stream.endNumber()).isEqualTo(Reason.UNAVAILABLE.number());
  }

  @Test
  void sessionClosed_newSessionWithinGrace_keepsTheRegistryStream() {
    Inst watcher = consumer();
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    Stream stream = bench.register(instance, Decl.of().rpc("create").at("h:1"));

    bench.closeSession(instance, session);
    bench.pass(4_000);
    bench.open(instance);
    bench.pass(20_000);

    assertThat(stream.end).isNull();
    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/create");
  }

  @Test
  void sessionClosed_registeredAnewWithoutSession_keepsTheNewStreamOnly() {
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    Stream before = bench.register(instance, Decl.of());
    bench.closeSession(instance, session);
    bench.pass(2_000);

    Stream after = bench.register(instance, Decl.of());
    bench.pass(20_000);

    assertThat(before.endNumber()).isEqualTo(Reason.SUPERSEDED.number());
    assertThat(after.end).isNull();
  }

  @Test
  void sessionClosed_ofAReplacedStream_changesNothing() {
    Inst instance = new Inst(orders, bench.id());
    UUID first = bench.open(instance);
    bench.open(instance);

    bench.closeSession(instance, first);
    bench.pass(20_000);

    assertThat(bench.core.live()).hasSize(1);
  }

  // ---- registrations

  @Test
  @Acceptance("WI-70")
  void register_withoutSession_isAnsweredAndSeenWithTheWelcomeOnly() {
    Inst watcher = consumer();
    Inst instance = new Inst(orders, bench.id());
    bench.register(instance, Decl.of().rpc("create").at("h:1"));
    bench.settle();

    assertThat(bench.stream(instance).frames.get(0)).isInstanceOf(Snapshot.class);
    assertThat(bench.cache(watcher).services()).containsOnly("shop");
    assertThat(bench.offer(orders).instances()).isEmpty();

    bench.open(instance);
    bench.settle();
    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/create");
    assertThat(bench.presence(instance).callEndpoint()).isEqualTo("h:1");
    assertThat(bench.offer(orders).instances()).hasSize(1);
  }

  @Test
  @Acceptance({"RG-11", "WI-21"})
  void register_anything_firstFrameIsASnapshotWithPolicyAndCaptureModes() {
    Stream stream = bench.stream(bench.start(orders, Decl.of()));
    bench.takeAll();

    assertThat(stream.snapshot(0).policy()).isEqualTo(Bench.POLICY);
    assertThat(stream.snapshot(0).captureModes()).isEqualTo(Bench.CAPTURE);
  }

  @Test
  @Acceptance("RG-9")
  void register_again_othersSeeTheDifferenceOnly() {
    Inst watcher = consumer();
    Inst instance =
        bench.start(orders, Decl.of().rpc("create", "v2:a").rpc("cancel", "v2:b").at("h:1"));
    bench.settle();
    int before = bench.stream(watcher).frames.size();

    bench.register(instance, Decl.of().rpc("create", "v2:a").rpc("cancel", "v2:c").at("h:1"));
    bench.pass(10_000);

    assertThat(bench.stream(watcher).frames).hasSize(before + 1);
    var update = bench.stream(watcher).lastUpdate();
    assertThat(update.added()).extracting(m -> m.name()).containsExactly("cancel");
    assertThat(update.removed()).isEmpty();
    assertThat(update.addedInstances()).isEmpty();
    assertThat(update.removedInstances()).isEmpty();
    assertThat(update.removedPeers()).isEmpty();
  }

  @Test
  @Acceptance("WI-25")
  void watchClosed_olderStreamLate_newerRegistrationStaysInForce() {
    Inst watcher = consumer();
    Inst instance = provider();
    Stream older = bench.stream(instance);
    Stream newer = bench.register(instance, Decl.of().rpc("create").rpc("second").at("h:1"));

    bench.closeWatch(older);
    bench.pass(20_000);

    assertThat(newer.end).isNull();
    assertThat(bench.cache(watcher).methodNames())
        .containsExactlyInAnyOrder("orders/create", "orders/second");
    assertThat(older.endNumber()).isEqualTo(Reason.SUPERSEDED.number());
  }

  @Test
  void register_olderNumberCommittedLate_isSupersededAtOnce() {
    Inst watcher = consumer();
    Inst instance = new Inst(orders, bench.id());
    bench.open(instance);
    bench.register(instance, Decl.of().rpc("new").at("h:1"), 200);

    Stream late = bench.register(instance, Decl.of().rpc("old").at("h:1"), 100);
    bench.settle();

    assertThat(late.endNumber()).isEqualTo(Reason.SUPERSEDED.number());
    assertThat(late.frames).isEmpty();
    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/new");
  }

  @Test
  @Acceptance({"RG-10", "WI-26"})
  void register_emptyEndpoint_isSeenAtOnceAndBeforeTheRemoval() {
    Inst watcher = consumer();
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    bench.register(instance, Decl.of().rpc("create").at("h:1"));
    bench.settle();

    bench.register(instance, Decl.of().rpc("create"));
    bench.takeAll();

    Instance row = bench.cache(watcher).instance(instance.id());
    assertThat(row.callEndpoint()).isEmpty();
    assertThat(row.status()).isEqualTo("draining");
    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/create");
    assertThat(bench.offer(orders).instances()).isEmpty();
    assertThat(bench.presence(instance).connected()).isTrue();

    bench.closeSession(instance, session);
    bench.settle();
    assertThat(bench.cache(watcher).services()).containsOnly("shop");
  }

  @Test
  void register_neverAnEndpoint_isOnlineAllTheSame() {
    Inst instance = bench.start(shop, Decl.of());
    bench.takeAll();

    assertThat(bench.cache(instance).instance(instance.id()).status()).isEqualTo("online");
  }

  @Test
  @Acceptance("RG-14")
  void register_httpEndpointLater_reachesWatchers() {
    Inst watcher = consumer();
    Inst instance = provider();
    bench.settle();

    bench.register(instance, Decl.of().rpc("create", "v2:a").at("10.0.0.1:7000").http("h:80"));
    bench.settle();

    assertThat(bench.cache(watcher).instance(instance.id()).httpEndpoint()).isEqualTo("h:80");
    assertThat(bench.presence(instance).httpEndpoint()).isEqualTo("h:80");
  }

  @Test
  void watchClosed_sessionAlive_isVisibleForFiveSecondsMore() {
    Inst watcher = consumer();
    Inst instance = provider();
    bench.settle();

    bench.closeWatch(bench.stream(instance));
    bench.pass(4_900);
    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/create");
    bench.pass(300);

    assertThat(bench.cache(watcher).services()).containsOnly("shop");
    assertThat(bench.core.live()).hasSize(2);
  }

  @Test
  void watchClosed_twice_eachGraceIsFiveSeconds() {
    Inst watcher = consumer();
    Inst instance = provider();
    bench.closeWatch(bench.stream(instance));
    bench.pass(1_000);
    bench.register(instance, Decl.of().rpc("create").at("h:1"));
    bench.pass(3_000);

    bench.closeWatch(bench.stream(instance));
    bench.pass(2_000);

    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/create");
    bench.pass(3_200);
    assertThat(bench.cache(watcher).methodNames()).isEmpty();
  }

  @Test
  void lost_streamThatTakesNothing_isEndedAndItsInstanceKeepsItsGrace() {
    Inst watcher = consumer();
    Inst instance = provider();
    bench.settle();

    bench.core.lost(bench.stream(instance).id, bench.now);
    bench.settle();

    assertThat(bench.stream(instance).endNumber()).isEqualTo(Reason.UNAVAILABLE.number());
    assertThat(bench.cache(watcher).methodNames()).containsExactly("orders/create");
  }

  @Test
  void register_revokedWhileCommitting_isEnded() {
    Inst instance = new Inst(orders, bench.id());
    bench.open(instance);
    bench.revoke(instance);

    Stream stream = bench.register(instance, Decl.of());

    assertThat(stream.endNumber()).isEqualTo(Reason.UNAUTHENTICATED.number());
    assertThat(stream.end).extracting(end -> end.text()).isEqualTo("access revoked");
  }

  // ---- drain

  @Test
  @Acceptance("WI-31")
  void drain_openSessions_hearDrainThenEveryStreamEnds() {
    Inst instance = provider();
    bench.takeAll();
    bench.effects.clear();

    bench.core.drain("bye");

    assertThat(bench.effects)
        .filteredOn(SignalSession.class::isInstance)
        .extracting(e -> ((SignalSession) e).signal().kind())
        .containsExactly(Sessions.Kind.DRAIN, Sessions.Kind.END);
    assertThat(bench.effects).filteredOn(EndWatch.class::isInstance).hasSize(1);
    assertThat(bench.stream(instance).endNumber()).isEqualTo(Reason.UNAVAILABLE.number());
  }

  @Test
  void drain_whoComesAfter_isSentElsewhere() {
    Inst instance = new Inst(orders, bench.id());
    bench.open(instance);
    bench.core.drain("bye");

    assertThatThrownBy(() -> bench.open(instance))
        .isInstanceOfSatisfying(
            Refused.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE);
              assertThat(e.withoutEffect()).isTrue();
            });
    Stream committedLate = bench.register(instance, Decl.of());
    assertThat(committedLate.endNumber()).isEqualTo(Reason.UNAVAILABLE.number());
  }

  // ---- reads

  @Test
  void live_operatorsView_showsWhoIsThere() {
    Inst instance = provider();

    Sessions.Instance row = bench.core.live().get(0);
    assertThat(row.instanceId()).isEqualTo(instance.id());
    assertThat(row.serviceName()).isEqualTo("orders");
    assertThat(row.status()).isEqualTo("online");
    assertThat(row.callEndpoint()).isEqualTo("10.0.0.1:7000");
    assertThat(row.connectedAtMillis()).isEqualTo(bench.now);
  }

  @Test
  void offers_workflowsAndEvents_areNotCallable() {
    bench.start(
        orders, Decl.of().rpc("create", "v2:a").workflow("ship").publishes("o.c").at("h:1"));

    assertThat(bench.core.offers())
        .filteredOn(o -> o.serviceId().equals(orders))
        .singleElement()
        .satisfies(
            o -> {
              assertThat(o.active()).isTrue();
              assertThat(o.instances().get(0).methods())
                  .extracting(m -> m.name() + " " + m.contractHash())
                  .containsExactly("create v2:a");
            });
  }
}
