package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Callables;
import io.trestle.registry.core.Bench.Inst;
import io.trestle.registry.core.Effect.PublishOffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often proxies are told what they may call. */
class OffersTest {
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

  /** Ends a turn; the offers that it published. */
  private List<Callables.Offer> turn() {
    bench.core.publish();
    List<Callables.Offer> offers = published();
    bench.effects.clear();
    return offers;
  }

  private List<Callables.Offer> published() {
    return bench.effects.stream()
        .filter(PublishOffer.class::isInstance)
        .map(effect -> ((PublishOffer) effect).offer())
        .toList();
  }

  private Inst join(UUID service) {
    return bench.start(service, Decl.of().rpc("create").at("h:1"));
  }

  @Test
  void joins_manyInOneTurn_areOnePublicationOfEachService() {
    List<UUID> joined = new ArrayList<>();
    for (int i = 0; i < JOINING; i++) {
      joined.add(join(orders).id());
      join(shop);
    }
    assertThat(published()).isEmpty();

    List<Callables.Offer> offers = turn();

    assertThat(offers).extracting(Callables.Offer::serviceId).containsExactly(orders, shop);
    assertThat(offers.get(0).instances())
        .extracting(Callables.Instance::instanceId)
        .containsExactlyElementsOf(joined);
    assertThat(turn()).isEmpty();
  }

  @Test
  void joins_oneEachTurn_arePublishedInTheirTurnAndShareWhatDidNotChange() {
    join(orders);
    Callables.Instance first = turn().get(0).instances().get(0);

    join(orders);
    List<Callables.Offer> offers = turn();

    assertThat(offers).hasSize(1);
    assertThat(offers.get(0).instances()).hasSize(2);
    assertThat(offers.get(0).instances().get(0)).isSameAs(first);
  }

  @Test
  void session_withoutRegistration_publishesNothing() {
    bench.open(new Inst(orders, bench.id()));

    assertThat(turn()).isEmpty();
  }

  @Test
  void instance_joinedAndGoneInOneTurn_publishesNothing() {
    Inst instance = new Inst(orders, bench.id());
    UUID session = bench.open(instance);
    bench.register(instance, Decl.of().rpc("create").at("h:1"));
    bench.closeSession(instance, session);

    assertThat(turn()).isEmpty();
  }

  @Test
  void redeclaration_ofOtherMethods_isPublished() {
    Inst instance = join(orders);
    turn();

    bench.register(instance, Decl.of().rpc("cancel").at("h:2"));

    Callables.Instance now = turn().get(0).instances().get(0);
    assertThat(now.callEndpoint()).isEqualTo("h:2");
    assertThat(now.methods()).extracting(Callables.Method::name).containsExactly("cancel");
  }
}
