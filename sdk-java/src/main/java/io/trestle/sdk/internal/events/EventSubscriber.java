package io.trestle.sdk.internal.events;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.protocol.wire.UnreachableException;
import io.trestle.sdk.internal.session.ReconnectLadder;
import io.trestle.sdk.internal.wire.EventMessages;
import io.trestle.sdk.internal.wire.EventMessages.Delivery;
import io.trestle.sdk.internal.wire.EventMessages.Envelope;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes deliveries and answers them (events.md 6.4). Everything but the handlers is on the lane of
 * the control channel.
 *
 * <p>A delivery passes the {@link DeliveryDesk}, runs the handlers of its patterns one after
 * another, and is answered once, on the stream it came by or not at all: a lost stream has given
 * its deliveries back to the runtime, so its handlers are told, those that have not begun do not
 * begin, and nothing is sent. Their places stay taken until they have really ended.
 *
 * <p>Answers of one turn of the event loop leave together, as all frames of a connection do.
 */
public final class EventSubscriber {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.events");
  private static final String PATH = Methods.EVENTS_SUBSCRIBE.path();

  private final PinnedChannel channel;
  private final Lane lane;
  private final Subscriptions subscriptions;
  private final int maxInFlight;
  private final EventRunner runner;
  private final RuntimeFeatures features;
  private final DoubleSupplier random;
  private final ReconnectLadder ladder;
  private final DeliveryDesk desk;
  private @Nullable Stream stream;
  private Lane.@Nullable Timer retry;
  private boolean session;
  private boolean closed;
  private int failures;

  /**
   * A subscriber that waits for a session.
   *
   * @param channel the control channel
   * @param features hears what is used of what the runtime may not offer
   * @param ladder the pauses before a stream is opened again
   * @param random 0 to 1, for the ladder
   */
  EventSubscriber(
      PinnedChannel channel,
      Subscriptions subscriptions,
      int maxInFlight,
      EventRunner runner,
      RuntimeFeatures features,
      ReconnectLadder ladder,
      DoubleSupplier random) {
    this.channel = channel;
    this.lane = channel.lane();
    this.subscriptions = subscriptions;
    this.maxInFlight = maxInFlight;
    this.runner = runner;
    this.features = features;
    this.ladder = ladder;
    this.random = random;
    this.desk = new DeliveryDesk(maxInFlight);
  }

  static void warn(String text) {
    LOG.log(Level.WARNING, text);
  }

  /** The runtime offers this beyond the protocol. On the lane. */
  void welcomed(List<String> offered) {
    features.welcomed(offered, subscriptions.all());
  }

  /** The registry knows this instance: its deliveries may come. On the lane. */
  void registered() {
    session = true;
    if (!closed && stream == null && retry == null && !subscriptions.isEmpty()) {
      open();
    }
  }

  /** The session is gone, and its stream with it. On the lane. */
  void sessionClosed() {
    session = false;
    failures = 0;
    Lane.Timer pending = retry;
    retry = null;
    if (pending != null) {
      pending.cancel();
    }
    Stream open = stream;
    stream = null;
    if (open != null) {
      open.cancel();
    }
  }

  /**
   * Ignores deliveries from now on; completes when none is under way any more and the answers have
   * left. The stream stays open. On the lane.
   */
  Future<Void> drain() {
    Promise<Void> idle = Promise.promise();
    // later: what was written in this turn is flushed before whoever waits may cut the stream
    desk.close(() -> lane.later(idle::complete));
    return idle.future();
  }

  /** Ends for good. On the lane. */
  void close() {
    closed = true;
    sessionClosed();
  }

  private void open() {
    Stream opened = new Stream();
    stream = opened;
    channel.connect(opened);
  }

  private void ended(Stream which, CallStatus status) {
    if (stream != which) {
      return;
    }
    stream = null;
    if (!session || closed) {
      return;
    }
    failures++;
    long pause = ladder.pause(failures, random.getAsDouble()).toNanos();
    LOG.log(
        Level.DEBUG,
        "subscribe_ended status={0} reason={1} attempt={2}",
        status.code(),
        status.message(),
        failures);
    retry =
        lane.schedule(
            pause,
            () -> {
              retry = null;
              registered();
            });
  }

  private void onLane(Runnable task) {
    try {
      lane.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "a handler has ended after the bridge");
    }
  }

  /** One stream of deliveries, and what came by it. */
  private final class Stream implements GrpcExchange.Listener, PinnedChannel.Waiter {
    private final Set<Run> running = new HashSet<>();
    private @Nullable GrpcExchange exchange;
    private boolean lost;

    @Override
    public void connected(LiveConnection live) {
      if (lost) {
        return;
      }
      GrpcExchange.Outgoing outgoing =
          new GrpcExchange.Outgoing(
              PATH, EventMessages.init(maxInFlight), 0, "", Transport.MAX_MESSAGE);
      exchange = GrpcExchange.converse(live, outgoing, this);
    }

    @Override
    public void unreachable(UnreachableException why) {
      onEnd(CallStatus.of(StatusCode.UNAVAILABLE, String.valueOf(why.getMessage())));
    }

    @Override
    public void onMessage(ByteBuf message) {
      failures = 0;
      Delivery delivery;
      try {
        delivery = EventMessages.readServerMessage(message);
      } catch (IOException e) {
        cancel();
        ended(this, CallStatus.of(StatusCode.INTERNAL, "a delivery does not decode"));
        return;
      }
      if (delivery != null) {
        arrived(delivery);
      }
    }

    @Override
    public void onEnd(CallStatus status) {
      lose();
      ended(this, status);
    }

    void cancel() {
      channel.forget(this);
      GrpcExchange open = exchange;
      if (open != null) {
        open.cancel();
      }
      lose();
    }

    boolean lost() {
      return lost;
    }

    void answer(Frames.Body body) {
      GrpcExchange open = exchange;
      if (!lost && open != null) {
        var unused = open.send(body);
      }
    }

    private void arrived(Delivery delivery) {
      Envelope envelope = delivery.envelope();
      String key = envelope == null ? "" : envelope.partitionKey();
      Run run = new Run(this, delivery, key);
      running.add(run);
      DeliveryDesk.Entry entry = desk.enter(key, run::begin);
      if (entry != DeliveryDesk.Entry.TAKEN) {
        running.remove(run);
      }
      if (entry == DeliveryDesk.Entry.FULL) {
        answer(Answers.full(delivery));
      }
    }

    private void lose() {
      lost = true;
      List.copyOf(running).forEach(run -> run.cancellation.cancel());
    }
  }

  /** One delivery, from its turn to its answer. */
  private final class Run {
    private final Stream from;
    private final Delivery delivery;
    private final String key;
    private final Cancellation cancellation = new Cancellation();
    private List<Subscription<?>> handlers = List.of();

    Run(Stream from, Delivery delivery, String key) {
      this.from = from;
      this.delivery = delivery;
      this.key = key;
    }

    void begin() {
      Envelope envelope = delivery.envelope();
      if (from.lost()) {
        leave();
        return;
      }
      if (envelope == null) {
        finish(Answers.withoutEnvelope(delivery));
        return;
      }
      handlers = subscriptions.of(delivery.matchedPatterns());
      if (handlers.isEmpty()) {
        finish(Answers.withoutHandler(delivery));
      } else {
        step(envelope, 0);
      }
    }

    private void step(Envelope envelope, int index) {
      Subscription<?> subscription = handlers.get(index);
      subscription.turns().enter(() -> handle(envelope, index, subscription));
    }

    private void handle(Envelope envelope, int index, Subscription<?> subscription) {
      if (from.lost()) { // while it waited for its turn
        subscription.turns().leave();
        leave();
        return;
      }
      byte[] payload = handlers.size() == 1 ? envelope.payload() : envelope.payload().clone();
      runner.run(
          subscription,
          delivery,
          envelope,
          payload,
          cancellation,
          failure -> onLane(() -> handled(envelope, index, subscription, failure)));
    }

    private void handled(
        Envelope envelope, int index, Subscription<?> subscription, @Nullable Throwable failure) {
      subscription.turns().leave();
      if (failure == null && index + 1 < handlers.size() && !from.lost()) {
        step(envelope, index + 1);
      } else {
        features.ended(failure);
        finish(Answers.of(delivery, failure));
      }
    }

    private void finish(Frames.Body answer) {
      from.answer(answer);
      leave();
    }

    private void leave() {
      from.running.remove(this);
      desk.leave(key);
    }
  }
}
