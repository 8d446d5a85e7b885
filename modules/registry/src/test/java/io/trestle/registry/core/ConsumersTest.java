package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Declarations.Subscription;
import io.trestle.conversations.Subscribers;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.protocol.policy.Capability;
import io.trestle.registry.core.Bench.Inst;
import io.trestle.registry.core.Effect.PublishSubscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What whoever keeps subscriptions is told of their services, and when. */
class ConsumersTest {
  private static final int JOINING = 500;

  private final Bench bench = new Bench();
  private UUID orders;
  private UUID shop;

  @BeforeEach
  void services() {
    orders = bench.service("orders");
    shop = bench.service("shop");
    turn();
  }

  /** Ends a turn; what it published. */
  private List<Subscriber> turn() {
    bench.core.publish();
    List<Subscriber> told =
        bench.effects.stream()
            .filter(PublishSubscriber.class::isInstance)
            .map(effect -> ((PublishSubscriber) effect).subscriber())
            .toList();
    bench.effects.clear();
    return told;
  }

  private static Decl consumer() {
    return Decl.of().subscribes("a.*").at("h:1");
  }

  private List<Subscribers.Instance> consuming(UUID service) {
    return bench.subscriber(service).instances();
  }

  private Subscribers.Instance only(UUID service) {
    assertThat(consuming(service)).hasSize(1);
    return consuming(service).get(0);
  }

  @Test
  void registration_stored_countsBeforeItIsTakenOver() {
    Inst instance = new Inst(orders, bench.id());
    bench.open(instance);
    turn();

    bench.store(instance, consumer());

    Subscribers.Instance now = only(orders);
    assertThat(now.instanceId()).isEqualTo(instance.id());
    assertThat(now.session()).isTrue();
    assertThat(now.subscriptions()).containsExactly(Subscription.of("a.*", ""));
    assertThat(turn()).as("it was answered, not published").isEmpty();
  }

  @Test
  void registration_toldInVain_isPublished() {
    bench.start(orders, consumer());
    turn();

    bench.core.untold(orders);

    assertThat(turn()).containsExactly(bench.subscriber(orders));
  }

  @Test
  void registration_older_changesNothing() {
    Inst instance = new Inst(orders, bench.id());
    bench.open(instance);
    bench.register(instance, consumer(), 7);

    bench.register(instance, Decl.of().subscribes("b.*"), 6);

    assertThat(only(orders).registration()).isEqualTo(7);
    assertThat(only(orders).subscriptions()).containsExactly(Subscription.of("a.*", ""));
  }

  @Test
  void registration_ofWhoIsRevoked_isNotTold() {
    Inst instance = bench.start(orders, consumer());
    bench.revoke(instance);
    assertThat(consuming(orders)).isEmpty();

    bench.register(instance, consumer());

    assertThat(consuming(orders)).isEmpty();
  }

  @Test
  void registration_withoutSession_countsForAMinute() {
    Inst instance = new Inst(orders, bench.id());
    bench.register(instance, consumer());
    assertThat(only(orders).session()).isFalse();

    bench.pass(59_999);
    assertThat(consuming(orders)).hasSize(1);
    bench.pass(1);

    assertThat(consuming(orders)).isEmpty();
  }

  @Test
  void registration_withoutSession_countsAlsoWhenItsStreamEnded() {
    Inst instance = new Inst(orders, bench.id());
    bench.closeWatch(bench.register(instance, consumer()));
    bench.pass(59_999);
    assertThat(consuming(orders)).hasSize(1);

    bench.open(instance);
    bench.pass(120_000);

    assertThat(only(orders).session()).isTrue();
  }

  @Test
  void revocation_whileNobodyWatches_ends() {
    Inst instance = new Inst(orders, bench.id());
    bench.closeWatch(bench.register(instance, consumer()));

    bench.revoke(instance);

    assertThat(consuming(orders)).isEmpty();
  }

  @Test
  void registryStream_ended_changesNothing() {
    Inst instance = bench.start(orders, consumer());
    turn();

    bench.closeWatch(bench.stream(instance));
    bench.pass(120_000);

    assertThat(turn()).isEmpty();
    assertThat(consuming(orders)).hasSize(1);
  }

  @Test
  void session_ended_isToldAtOnce_andANewOneCountsTheSameRegistration() {
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    bench.register(instance, consumer());
    turn();

    bench.closeSession(instance, session);
    assertThat(turn()).singleElement().satisfies(s -> assertThat(s.instances()).isEmpty());
    bench.pass(1_000);
    bench.open(instance);

    assertThat(only(orders).subscriptions()).hasSize(1);
  }

  @Test
  void session_replaced_isNotToldWhenTheOldOneEnds() {
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    bench.register(instance, consumer());
    bench.open(instance);
    turn();

    bench.closeSession(instance, session);

    assertThat(turn()).isEmpty();
  }

  @Test
  void endpoint_cleared_isDraining() {
    Inst instance = bench.start(orders, consumer());
    assertThat(only(orders).draining()).isFalse();

    bench.register(instance, Decl.of().subscribes("a.*"));

    assertThat(only(orders).draining()).isTrue();
  }

  @Test
  void service_revokedAndRenamed_isTold() {
    bench.start(orders, consumer());
    turn();

    bench.announce(orders, "orders", false);
    assertThat(turn()).singleElement().satisfies(s -> assertThat(s.active()).isFalse());
    bench.announce(orders, "purchases", true);

    assertThat(turn()).singleElement().satisfies(s -> assertThat(s.name()).isEqualTo("purchases"));
  }

  @Test
  void capability_off_takesNothingAway() {
    bench.start(orders, consumer());
    turn();

    bench.off(orders, Capability.EVENT_HANDLE);
    assertThat(turn()).isEmpty();
    bench.start(orders, consumer());

    assertThat(consuming(orders)).hasSize(2);
    assertThat(consuming(orders)).allMatch(i -> i.subscriptions().size() == 1);
  }

  @Test
  void departures_manyInOneTurn_areOnePublicationOfEachService() {
    List<Inst> joined = new ArrayList<>();
    for (int i = 0; i < JOINING; i++) {
      joined.add(bench.start(i % 2 == 0 ? orders : shop, consumer()));
    }
    turn();

    joined.forEach(bench::revoke);

    assertThat(turn())
        .hasSize(2)
        .allSatisfy(subscriber -> assertThat(subscriber.instances()).isEmpty());
  }
}
