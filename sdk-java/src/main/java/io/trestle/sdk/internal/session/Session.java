package io.trestle.sdk.internal.session;

import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.internal.pki.Leaf;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.session.SessionEffect.Announce;
import io.trestle.sdk.internal.session.SessionEffect.Arm;
import io.trestle.sdk.internal.session.SessionEffect.Disarm;
import io.trestle.sdk.internal.session.SessionEffect.FailStart;
import io.trestle.sdk.internal.session.SessionEffect.Plain;
import io.trestle.sdk.internal.session.SessionEffect.Timer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Does what {@link SessionMachine} says: opens and cancels streams, sets timers, tells listeners.
 * Everything happens on one lane. Events that effects cause at once wait in {@code inbox} until the
 * effects before them are done.
 */
public final class Session {
  /** How long peers may take to hear that this instance leaves. */
  private static final Duration UNANNOUNCE_TIMEOUT = Duration.ofSeconds(1);

  private final Lane lane;
  private final PinnedChannel control;
  private final Provisioner provisioner;
  private final Renewal renewal;
  private final ControlStream controlStream;
  private final RegistryStream registry;
  private final RegistryView view;
  private final SessionMachine machine;
  private final SessionHost host;
  private final Consumer<BridgeEvent> listeners;
  private final PolicyJudge policyJudge;
  private final CompletableFuture<Void> ready;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final Deque<SessionEvent> inbox = new ArrayDeque<>();
  private final SessionTimers timers;
  private @Nullable Leaf leaf;
  private @Nullable Runnable unannounced;
  private boolean working;
  private volatile @Nullable BridgeIdentity identity;
  private volatile SessionState state = SessionState.IDLE;

  /**
   * A session, not started.
   *
   * @param ready is told the outcome of the start
   */
  public Session(
      SessionParts parts,
      SessionHost host,
      Consumer<BridgeEvent> listeners,
      CompletableFuture<Void> ready) {
    this.ready = ready;
    this.lane = parts.control().lane();
    this.timers = new SessionTimers(lane, this::fire);
    this.control = parts.control();
    this.view = parts.view();
    this.host = host;
    this.listeners = listeners;
    this.policyJudge = new PolicyJudge(listeners, parts.failOnPolicyViolation());
    this.provisioner = new Provisioner(parts.vertx(), lane, parts.runtime(), parts.key());
    this.renewal =
        new Renewal(
            parts.vertx(),
            control,
            parts.key().ca(),
            parts.renewal(),
            parts.clock(),
            this::renewed,
            failure -> fire(new SessionEvent.RenewalRefused(failure)));
    this.controlStream = new ControlStream(control, this::onControl);
    this.registry = new RegistryStream(control, this::onFrame, this::onRegistryEnd);
    this.machine =
        new SessionMachine(
            parts.rules(), parts.clock(), () -> ThreadLocalRandom.current().nextDouble());
  }

  /** Starts; any thread. */
  public void start() {
    lane.execute(() -> fire(new SessionEvent.Start()));
  }

  /** Completes when a stop has; any thread. */
  public CompletableFuture<Void> stopped() {
    return stopped;
  }

  /** Stops; any thread, once. */
  public CompletableFuture<Void> stop() {
    tell(new SessionEvent.Stop());
    return stopped;
  }

  /** The declarations have changed; any thread. */
  public void redeclare() {
    tell(new SessionEvent.Redeclared());
  }

  /** After the end there is no loop left to run on, and nothing left to do. */
  private void tell(SessionEvent event) {
    try {
      lane.execute(() -> fire(event));
    } catch (RejectedExecutionException e) {
      stopped.complete(null);
    }
  }

  /** Who this instance is. */
  public Optional<BridgeIdentity> identity() {
    return Optional.ofNullable(identity);
  }

  /** Where the session is. */
  public SessionState state() {
    return state;
  }

  private void fire(SessionEvent event) {
    inbox.add(event);
    if (working) {
      return;
    }
    working = true;
    try {
      for (SessionEvent next = inbox.poll(); next != null; next = inbox.poll()) {
        List<SessionEffect> effects = machine.on(next);
        state = machine.state();
        effects.forEach(this::perform);
      }
    } finally {
      working = false;
    }
  }

  private void perform(SessionEffect effect) {
    if (effect instanceof Plain plain) {
      perform(plain);
    } else if (effect instanceof Arm arm) {
      timers.arm(arm.timer(), arm.after());
    } else if (effect instanceof Disarm disarm) {
      timers.disarm(disarm.timer());
    } else if (effect instanceof Announce announce) {
      announce(announce.event());
    } else if (effect instanceof FailStart failure) {
      identity = null;
      ready.completeExceptionally(failure.error());
    }
  }

  /** Who hears of the end shall not find an identity any more. */
  private void announce(BridgeEvent event) {
    if (event instanceof BridgeEvent.Disconnected) {
      identity = null;
    }
    listeners.accept(event);
  }

  private void perform(Plain effect) {
    switch (effect) {
      case PROVISION -> provision();
      case BIND -> bind();
      case OPEN_CONTROL -> controlStream.open(requireLeaf());
      case OPEN_REGISTRY -> registry.open(host.registration(false));
      case PLAN_RENEWAL -> renewal.plan(requireLeaf());
      case CLOSE_SESSION -> closeSession();
      case COMPLETE_START -> ready.complete(null);
      case LEAVE -> leave();
      case CLOSE -> close();
      case SHUT_DOWN -> shutDown();
    }
  }

  private void provision() {
    provisioner.provision(
        issued -> {
          if (state != SessionState.PROVISIONING) {
            return;
          }
          leaf = issued;
          host.useLeaf(issued);
          fire(new SessionEvent.Provisioned(issued.notAfter()));
        },
        failure -> fire(new SessionEvent.ProvisionFailed(failure)));
  }

  private Leaf requireLeaf() {
    return Objects.requireNonNull(leaf, "no state without a leaf asks for it");
  }

  private void bind() {
    host.bind(requireLeaf())
        .onComplete(
            bound ->
                lane.execute(
                    () ->
                        fire(
                            bound.succeeded()
                                ? new SessionEvent.Bound()
                                : new SessionEvent.BindFailed(unbindable(bound.cause())))));
  }

  private static SessionFailure unbindable(Throwable cause) {
    return SessionFailure.fatal(
        new ConfigurationException("advertise: cannot be bound: " + cause.getMessage(), cause));
  }

  private void onControl(SessionEvent event) {
    if (event instanceof SessionEvent.Welcomed) {
      identity = controlStream.identity();
      host.welcomed(controlStream.features());
    }
    fire(event);
  }

  private void onFrame(RegistryEvent frame) {
    if (frame.hasSnapshot()) {
      view.apply(frame.getSnapshot());
    } else {
      view.apply(frame.getUpdate());
    }
    host.viewChanged();
    if (frame.hasSnapshot() || frame.getUpdate().hasPolicy()) {
      SessionFailure verdict = policyJudge.judge(view.policy());
      if (verdict != null) {
        fire(new SessionEvent.PolicyViolated(verdict));
      }
    }
    if (frame.hasSnapshot()) {
      host.registered();
      fire(new SessionEvent.SnapshotArrived());
      finishUnannounce();
    }
  }

  private void onRegistryEnd(SessionFailure failure) {
    fire(new SessionEvent.RegistryEnded(failure));
    finishUnannounce();
  }

  private void renewed(Leaf fresh) {
    leaf = fresh;
    host.useLeaf(fresh);
    fire(new SessionEvent.Renewed(fresh.notAfter()));
    renewal.plan(fresh);
  }

  private void closeSession() {
    renewal.cancel();
    registry.close();
    controlStream.close();
    host.sessionClosed();
    timers.disarm(Timer.WELCOME);
    timers.disarm(Timer.BACKOFF);
    timers.disarm(Timer.REGISTRY);
    control.renew();
  }

  /** First the peers hear of it, then new calls are refused; so that few are. */
  private void leave() {
    timers.disarm(Timer.BACKOFF);
    timers.disarm(Timer.REGISTRY);
    if (!registry.isOpen()) {
      drain();
      return;
    }
    unannounced = this::drain;
    registry.open(host.registration(true));
    lane.schedule(UNANNOUNCE_TIMEOUT.toNanos(), this::finishUnannounce);
  }

  private void finishUnannounce() {
    Runnable next = unannounced;
    unannounced = null;
    if (next != null) {
      next.run();
    }
  }

  private void drain() {
    host.drain().onComplete(v -> lane.execute(() -> fire(new SessionEvent.Drained())));
  }

  private void close() {
    identity = null;
    host.close().onFailure(e -> {});
  }

  private void shutDown() {
    identity = null;
    host.shutDown().onComplete(v -> stopped.complete(null));
  }
}
