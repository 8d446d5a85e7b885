package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Subscribers;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.TrestleOptions;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What whoever keeps subscriptions hears of registrations, and when. */
class SubscribersWireTest {
  private static final Keeper KEEPER = new Keeper();

  @RegisterExtension
  static final TrestleExtension TRESTLE = new TrestleExtension(SubscribersWireTest::keeping);

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  /** In the place of the events module. */
  private static final class Keeper implements Module {
    final List<Subscriber> applied = new CopyOnWriteArrayList<>();
    final List<Subscriber> changed = new CopyOnWriteArrayList<>();
    volatile Function<Subscriber, Future<Subscribers.Applied>> answer = Keeper::yes;

    static Future<Subscribers.Applied> yes(Subscriber subscriber) {
      return Future.succeededFuture(new Subscribers.Applied());
    }

    @Override
    public String name() {
      return "events";
    }

    @Override
    public boolean hasMigrations() {
      return false;
    }

    @Override
    public Future<Void> start(ModuleContext house) {
      house.contribute(Subscribers.Keeper.class, new Subscribers.Keeper(name()));
      house.vertx().runOnContext(v -> listen(house));
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> stop() {
      return Future.succeededFuture();
    }

    private void listen(ModuleContext house) {
      house.bus().answer(Subscribers.APPLY, this::apply);
      house.bus().subscribe(Subscribers.CHANGED, changed::add);
    }

    private Future<Subscribers.Applied> apply(Subscriber subscriber) {
      applied.add(subscriber);
      return answer.apply(subscriber);
    }
  }

  private static TrestleOptions keeping(TrestleOptions options) {
    return options.withModules(
        options.modules().stream()
            .map(module -> module.name().equals("events") ? KEEPER : module)
            .toList());
  }

  private final ServiceKey service = WIRE.service();

  @BeforeEach
  void obedient() {
    KEEPER.answer = Keeper::yes;
  }

  private static RegisterRequest.Builder subscribing(String pattern) {
    return Declare.nothing()
        .addEventSubscriptions(
            EventSubscription.newBuilder()
                .setPattern(pattern)
                .setRetryPolicyJson("{\"maxAttempts\":2}")
                .setGroup("audit")
                .setTtlMs(60_000));
  }

  private List<Subscriber> of(List<Subscriber> told) {
    return told.stream().filter(s -> s.serviceId().toString().equals(service.id())).toList();
  }

  @Test
  void registration_isApplied_beforeItsSnapshotIsSent() {
    Promise<Subscribers.Applied> done = Promise.promise();
    KEEPER.answer = subscriber -> done.future();
    WireInstance instance = WIRE.connected(service);

    var registry = instance.register(subscribing("a.*"));
    await().until(() -> !of(KEEPER.applied).isEmpty());
    await().during(Duration.ofMillis(300)).until(() -> registry.messages().isEmpty());
    done.complete(new Subscribers.Applied());

    assertThat(registry.first().hasSnapshot()).isTrue();
    assertThat(of(KEEPER.applied))
        .singleElement()
        .satisfies(
            told -> {
              assertThat(told.name()).isEqualTo(service.name());
              assertThat(told.active()).isTrue();
              assertThat(told.instances()).hasSize(1);
              assertThat(told.instances().get(0).instanceId()).hasToString(instance.id());
              assertThat(told.instances().get(0).session()).isTrue();
              assertThat(told.instances().get(0).subscriptions())
                  .containsExactly(
                      new Subscription("a.*", "", "{\"maxAttempts\":2}", "audit", 60_000));
            });
  }

  @Test
  void registration_thatCannotBeApplied_endsUnavailable_andIsToldAgain() {
    KEEPER.answer =
        subscriber -> Future.failedFuture(Refused.of(Reason.INVALID, "not in this state"));
    WireInstance instance = WIRE.connected(service);

    var ended = instance.register(subscribing("a.*")).ended();

    assertThat(ended.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(ended.text()).contains("subscriptions not applied", "not in this state");
    assertThat(ended.messages()).isEmpty();
    await()
        .untilAsserted(
            () -> assertThat(of(KEEPER.changed)).last().isEqualTo(of(KEEPER.applied).get(0)));
    KEEPER.answer = Keeper::yes;
    assertThat(instance.register(subscribing("a.*")).first().hasSnapshot()).isTrue();
  }

  @Test
  void badSubscription_isRefusedForGood_andAppliedNowhere() {
    WireInstance instance = WIRE.connected(service);
    RegisterRequest.Builder request = subscribing("a.*");
    request.getEventSubscriptionsBuilder(0).setRetryPolicyJson("{\"maxAttempts\":0}");

    var ended = instance.register(request).ended();

    assertThat(ended.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(ended.text()).contains("'a.*'", "maxAttempts");
    assertThat(of(KEEPER.applied)).isEmpty();
  }

  @Test
  void session_ended_isPublished() {
    WireInstance instance = WIRE.connected(service);
    instance.register(subscribing("a.*")).first();

    instance.control().cancel();

    await()
        .untilAsserted(
            () ->
                assertThat(of(KEEPER.changed))
                    .last()
                    .satisfies(told -> assertThat(told.instances()).isEmpty()));
  }
}
