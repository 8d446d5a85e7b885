package io.trestle.registry;

import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Callables;
import io.trestle.conversations.DeclarationCheck;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Policies;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Sessions;
import io.trestle.conversations.Subscribers;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Effect;
import io.trestle.registry.core.Effect.EndWatch;
import io.trestle.registry.core.Effect.PublishOffer;
import io.trestle.registry.core.Effect.PublishSubscriber;
import io.trestle.registry.core.Effect.SendFrame;
import io.trestle.registry.core.Effect.SignalSession;
import io.trestle.registry.core.Effect.WritePresence;
import io.trestle.registry.core.FaultText;
import io.trestle.registry.core.Handling;
import io.trestle.registry.core.Normalizer;
import io.trestle.registry.core.RegistryCore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of sessions and views: one event loop, one {@link RegistryCore}. Messages in become
 * calls of the core, effects of the core become messages and writes.
 */
final class RegistryVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryVerticle.class);
  private static final long COLLECT_EVERY_MILLIS = 3_600_000;
  private static final long RETRY_EVERY_MILLIS = 1_000;
  private static final long COMPARE_EVERY_MILLIS = 10_000;
  private static final Duration DRAIN = Duration.ofSeconds(1);

  private final ModuleContext house;
  private final Bus bus;
  private final RegistryStore store;
  private final CaptureSettings capture;
  private final DeclarationWriter declarations;
  private final PresenceWriter presence;
  private final Set<UUID> legacy = new HashSet<>();
  private final RegistryCore core;
  private final Turn turn;
  private long armedFor = Long.MAX_VALUE;
  private long timer = -1;
  private @Nullable List<Future<?>> told;
  private @Nullable PolicyOffice policies;
  private boolean loaded;

  RegistryVerticle(ModuleContext house) {
    this.house = house;
    this.bus = house.bus();
    this.store =
        new RegistryStore(house.database().pool(), house.database().writes(), house.kernel().id());
    this.presence = new PresenceWriter(house.pipeline()::submit, store);
    this.capture = new CaptureSettings(house.settings());
    this.core = new RegistryCore(this::take, capture.current());
    this.declarations = new DeclarationWriter(house.pipeline()::submit, store, core, house.clock());
    this.turn = new Turn(this::afterwards, core::publish, this::execute);
  }

  @Override
  public Future<?> start() {
    house.meters().gauge("trestle_registry_watchers", core, RegistryCore::watcherCount);
    PolicyOffice office = new PolicyOffice(house, context, core::policies, this::policyChanged);
    policies = office;
    return house
        .database()
        .leaderLock()
        .live()
        .compose(store::resetPresence)
        .onSuccess(n -> LOG.info("presence reset instances={}", n))
        .compose(n -> store.stored())
        .onSuccess(stored -> stored.forEach(declarations::load))
        .compose(v -> office.open())
        .onSuccess(v -> policiesLoaded())
        .compose(v -> declarations.forbidAll())
        .onSuccess(v -> listen())
        .compose(v -> bus.request(AccessNews.ALL, new AccessNews.AskAll()))
        .onSuccess(this::takeAll);
  }

  @Override
  public Future<?> stop() {
    PolicyOffice office = policies;
    if (office != null) {
      office.close();
    }
    return Future.succeededFuture();
  }

  private void policiesLoaded() {
    loaded = true;
    LOG.info("policies loaded services={}", core.policies().size());
  }

  private void listen() {
    bus.subscribe(AccessNews.SERVICE, s -> act(c -> c.serviceChanged(s, now())));
    bus.subscribe(AccessNews.INSTANCE, i -> act(c -> c.instanceRevoked(i, now())));
    bus.subscribe(Callables.OUTCOMES, o -> act(c -> c.outcomes(o.outcomes(), now())));
    bus.answer(Callables.ALL, q -> Future.succeededFuture(new Callables.All(core.offers())));
    bus.answer(
        Subscribers.ALL, q -> Future.succeededFuture(new Subscribers.All(core.subscribers())));
    bus.answer(Sessions.LIVE, q -> Future.succeededFuture(new Sessions.Live(core.live())));
    bus.answer(Sessions.OPEN, this::open);
    bus.answer(Sessions.CLOSED, this::sessionClosed);
    bus.answer(Registrations.REGISTER, this::register);
    bus.answer(Registrations.CLOSED, this::watchClosed);
    capture.onChange(modes -> context.runOnContext(v -> act(c -> c.captureModes(modes, now()))));
    vertx.setPeriodic(RETRY_EVERY_MILLIS, id -> retryPresence());
    vertx.setPeriodic(COMPARE_EVERY_MILLIS, id -> overwriteEdits());
    vertx.setPeriodic(COLLECT_EVERY_MILLIS, id -> collect());
  }

  private void takeAll(AccessNews.All all) {
    act(
        c -> {
          all.services().forEach(s -> c.serviceChanged(s, now()));
          all.instances().forEach(i -> c.instanceRevoked(i, now()));
        });
  }

  /** A service that was inserted a moment ago may be unknown here: ask once before refusing. */
  private Future<Void> known(UUID serviceId) {
    if (core.knows(serviceId)) {
      return Future.succeededFuture();
    }
    return bus.request(AccessNews.ALL, new AccessNews.AskAll()).onSuccess(this::takeAll).mapEmpty();
  }

  private Future<Sessions.Opened> open(Sessions.Open q) {
    return known(q.serviceId())
        .map(
            v -> {
              Sessions.Opened opened = core.open(q, house.ids().next().toString(), now());
              settle();
              noteRevision(q);
              LOG.info(
                  "session open instance={} service={} sdk={}/{}",
                  q.instanceId(),
                  opened.serviceName(),
                  q.sdkLanguage(),
                  q.sdkVersion());
              return opened;
            });
  }

  private void noteRevision(Sessions.Open q) {
    if (q.protocolVersion() == 0 && legacy.add(q.serviceId())) {
      LOG.info("service speaks without a protocol version service={}", q.serviceId());
    }
  }

  private Future<Sessions.Heard> sessionClosed(Sessions.Closed q) {
    act(c -> c.sessionClosed(q.stream(), q.instanceId(), now()));
    LOG.info("session closed instance={}", q.instanceId());
    return Future.succeededFuture(new Sessions.Heard());
  }

  private Future<Registrations.Registered> register(Registrations.Register q) {
    return known(q.serviceId())
        .compose(
            v -> {
              core.admit(q.serviceId(), q.instanceId(), q.protocolVersion());
              Declaration declaration = checked(q);
              List<Capability> flags = Handling.flags(core.policy(q.serviceId()));
              long number = declarations.nextNumber();
              return declarations
                  .store(q.instanceId(), q.serviceId(), declaration, number)
                  .compose(w -> subscribe(q, declaration, number))
                  .map(
                      w -> {
                        act(c -> c.register(q, declaration, number, now()));
                        declarations.settled(q.serviceId(), flags);
                        return new Registrations.Registered("");
                      });
            });
  }

  /** What the instance publishes after its snapshot reaches whoever subscribed before. */
  private Future<Void> subscribe(Registrations.Register q, Declaration declaration, long number) {
    Subscriber service = core.subscribed(q, declaration, number, now());
    if (service == null) {
      return Future.succeededFuture();
    }
    settle();
    if (house.contributions(Subscribers.Keeper.class).isEmpty()) {
      core.untold(service.serviceId());
      return Future.succeededFuture();
    }
    return bus.request(Subscribers.APPLY, service)
        .<Void>mapEmpty()
        .recover(e -> Future.failedFuture(notApplied(service, e)));
  }

  /** Whatever the reason, it is not the fault of who registers: it shall try again. */
  private Refused notApplied(Subscriber service, Throwable e) {
    LOG.warn("subscriptions not applied service={} reason={}", service.serviceId(), e.toString());
    act(c -> c.untold(service.serviceId()));
    return Refused.of(Reason.UNAVAILABLE, "subscriptions not applied: " + e.getMessage());
  }

  private Declaration checked(Registrations.Register q) {
    for (DeclarationCheck check : house.contributions(DeclarationCheck.class)) {
      List<String> faults = check.faults(q.declaration());
      if (!faults.isEmpty()) {
        throw Refused.of(Reason.INVALID, FaultText.of(faults));
      }
    }
    return Normalizer.normalize(q.declaration());
  }

  /** Gates hear of it before watchers do. While policies are loaded there are neither. */
  private void policyChanged(UUID service, ServicePolicy next) {
    ServicePolicy before = core.policy(service);
    if (before.equals(next)) {
      return;
    }
    if (loaded) {
      LOG.info("policy changed service={} rules={}", service, next.rules().size());
      bus.publish(Policies.CHANGED, PolicyOffice.told(service, next));
    }
    act(c -> c.policyChanged(service, next, now()));
    if (loaded && !Handling.flags(before).equals(Handling.flags(next))) {
      declarations.capabilitiesChanged(service);
    }
  }

  private Future<Registrations.Taken> watchClosed(Registrations.Closed q) {
    act(c -> c.watchClosed(q.stream(), q.instanceId(), now()));
    return Future.succeededFuture(new Registrations.Taken());
  }

  /** Tells every session of the shutdown, ends all streams, and completes when they heard. */
  Future<Void> drain() {
    Promise<Void> drained = Promise.promise();
    context.runOnContext(v -> drainNow().onComplete(drained));
    return drained.future();
  }

  /** A client that reads nothing must not hold up the stop. */
  private Future<Void> drainNow() {
    List<Future<?>> signals = new ArrayList<>();
    told = signals;
    act(c -> c.drain("runtime is shutting down"));
    turn.end();
    told = null;
    return Future.join(signals)
        .timeout(DRAIN.toMillis(), TimeUnit.MILLISECONDS)
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  // ---- effects

  private void act(Consumer<RegistryCore> action) {
    action.accept(core);
    settle();
  }

  private void settle() {
    arm();
    turn.touch();
  }

  private void afterwards(Runnable end) {
    context.runOnContext(v -> end.run());
  }

  private void take(Effect effect) {
    if (effect instanceof PublishOffer offer) {
      bus.publish(Callables.OFFER, offer.offer());
    } else if (effect instanceof PublishSubscriber subscriber) {
      bus.publish(Subscribers.CHANGED, subscriber.subscriber());
    } else {
      turn.hold(effect);
    }
  }

  private void arm() {
    long next = core.nextWake();
    if (next == armedFor) {
      return;
    }
    vertx.cancelTimer(timer);
    armedFor = next;
    if (next != Long.MAX_VALUE) {
      timer = vertx.setTimer(Math.max(1, next - now()), id -> wake());
    }
  }

  private void wake() {
    armedFor = Long.MAX_VALUE;
    act(c -> c.tick(now()));
  }

  private void execute(Effect effect) {
    if (effect instanceof SendFrame frame) {
      send(frame);
    } else if (effect instanceof WritePresence state) {
      presence.write(state);
    } else if (effect instanceof SignalSession signal) {
      tell(bus.request(Sessions.SIGNAL, signal.stream().toString(), signal.signal()));
    } else if (effect instanceof EndWatch end) {
      tell(bus.request(Registrations.END, end.stream().toString(), end.end()));
    }
  }

  /** A stream that closed meanwhile says so by itself. */
  private void tell(Future<?> heard) {
    heard.onFailure(e -> LOG.debug("stream gone reason={}", e.toString()));
    if (told != null) {
      told.add(heard);
    }
  }

  private void send(SendFrame frame) {
    String key = frame.stream().toString();
    bus.request(Registrations.FRAME, key, new Registrations.Frame(frame.content()))
        .onSuccess(t -> act(c -> c.taken(frame.stream(), now())))
        .onFailure(
            e -> {
              LOG.debug("registry stream takes no frame stream={} reason={}", key, e.toString());
              act(c -> c.lost(frame.stream(), now()));
            });
  }

  private void retryPresence() {
    if (house.database().state() == DatabaseState.AVAILABLE) {
      presence.retry();
      declarations.retry();
    }
  }

  /** Rows of live instances are ours; whoever edits them is overwritten (wire.md 8.5). */
  private void overwriteEdits() {
    if (house.database().state() == DatabaseState.AVAILABLE) {
      turn.end(); // what is still to be written is not an edit
      presence
          .edited(core.presence(now()))
          .onSuccess(this::overwrite)
          .onFailure(e -> LOG.debug("presence not compared reason={}", e.toString()));
    }
  }

  private void overwrite(List<WritePresence> edited) {
    act(
        c -> {
          int written = c.presenceEdited(edited, now());
          if (written > 0) {
            LOG.info("edited rows of live instances are written again instances={}", written);
          }
        });
  }

  private void collect() {
    int days = house.settings().get(CaptureSettings.RETENTION_DAYS);
    store
        .collect(Instant.ofEpochMilli(now()).minus(Duration.ofDays(days)))
        .onFailure(e -> LOG.warn("stale declarations not collected reason={}", e.toString()));
  }

  private long now() {
    return house.clock().millis();
  }
}
