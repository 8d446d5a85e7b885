package io.trestle.sdk.internal.events;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.trestle.protocol.Methods;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.protocol.wire.UnreachableException;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.OverflowPolicy;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.QueueFullException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.internal.wire.EventMessages;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends what is published, as {@link PublishQueue} says.
 *
 * <p>A thread that publishes counts the event in, writes its envelope, and pushes it on a stack:
 * one compare-and-set. Whoever finds the stack empty wakes the lane, so that a burst costs one task
 * and leaves in one request. The lane takes the whole stack at once, turns it around, and asks the
 * queue what to send; everything after that is on the lane, with one timer for all events.
 *
 * <p>The batch is made when there is a connection, not before: until then its events expire as
 * others do, and nobody has to wonder whether they were sent.
 */
public final class EventSender implements Outlet {
  /** How long the runtime may take to answer a request: 10 s. */
  static final Duration ATTEMPT = Duration.ofSeconds(10);

  private static final String PATH = Methods.EVENTS_PUBLISH.path();

  private final PinnedChannel channel;
  private final Lane lane;
  private final EventRules rules;
  private final Envelopes envelopes;
  private final PublishGate gate;
  private final PublishQueue queue;
  private final LongSupplier ticks;
  private final Duration attempt;
  private final AtomicReference<@Nullable Publication> pushed = new AtomicReference<>();
  private final PinnedChannel.Waiter connection = new Connection();
  private boolean welcomed;
  private boolean connecting;
  private final Set<Request> requests = new HashSet<>();
  private Lane.@Nullable Timer timer;
  private long timerEnd;
  private @Nullable Promise<Void> flushed;
  private volatile boolean closed;

  /**
   * A sender that waits for a welcome.
   *
   * @param channel the way to the runtime; its lane is the sender's
   * @param ticks nanoseconds of a clock that is never set
   * @param attempt how long the runtime may take to answer a request
   * @param listeners hears of events that the policy forbids
   */
  EventSender(
      PinnedChannel channel,
      EventRules rules,
      UuidV7 ids,
      InstantSource clock,
      LongSupplier ticks,
      Duration attempt,
      Consumer<BridgeEvent> listeners) {
    this.channel = channel;
    this.lane = channel.lane();
    this.rules = rules;
    this.envelopes = new Envelopes(ids, clock);
    this.ticks = ticks;
    this.attempt = attempt;
    this.gate = new PublishGate(rules.maxPending(), rules.overflow());
    this.queue =
        new PublishQueue(
            rules.maxPending(), rules.overflow() == OverflowPolicy.DROP_OLDEST, listeners::accept);
  }

  @Override
  public <T> CompletableFuture<String> publish(
      String name, EventSchema<T> schema, T payload, PublishOptions options) {
    try {
      return enter(name, schema, payload, options);
    } catch (ServiceBridgeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private <T> CompletableFuture<String> enter(
      String name, EventSchema<T> schema, T payload, PublishOptions options) {
    if (closed) {
      throw new StateException("the bridge has ended");
    }
    long wait = Context.isOnEventLoopThread() ? 0 : rules.timeout().toNanos();
    if (!gate.enter(wait)) {
      return full(name, options);
    }
    EventMessages.Envelope envelope;
    byte[] written;
    try {
      envelope = envelopes.of(name, schema, payload, options);
      written = Envelopes.written(envelope);
    } catch (RuntimeException | Error e) {
      gate.leave();
      throw e;
    }
    String id = envelope.id();
    Publish publish = new Publish(gate, name, id, options.fireAndForget());
    long deadline = ticks.getAsLong() + rules.timeout().toNanos();
    push(new Publication(id, name, envelope.partitionKey(), written, deadline, publish));
    return publish;
  }

  private CompletableFuture<String> full(String name, PublishOptions options) {
    String text = "event " + name + ": " + rules.maxPending() + " events wait";
    QueueFullException why = new QueueFullException(text);
    if (rules.overflow() == OverflowPolicy.DROP_NEWEST && options.fireAndForget()) {
      return CompletableFuture.completedFuture(Publish.dropped(name, envelopes.id(), why));
    }
    return CompletableFuture.failedFuture(why);
  }

  private void push(Publication event) {
    Publication top = pushed.get();
    event.below = top;
    while (!pushed.compareAndSet(top, event)) {
      top = pushed.get();
      event.below = top;
    }
    if (top == null) {
      wake();
    }
    if (closed) {
      failPushed();
    }
  }

  private void wake() {
    try {
      lane.later(this::turn);
    } catch (RejectedExecutionException e) {
      failPushed(); // the event loops have ended
    }
  }

  private void failPushed() {
    for (Publication e = takePushed(); e != null; e = e.below) {
      e.failed(PublishQueue.ended());
    }
  }

  /** The runtime has welcomed this instance; on any thread. */
  public void welcomed() {
    lane.execute(
        () -> {
          welcomed = true;
          queue.welcomed();
          turn();
        });
  }

  /** Sends what is left; completes when nothing is. Nothing new comes. Any thread. */
  public Future<Void> drain() {
    Promise<Void> done = Promise.promise();
    lane.execute(
        () -> {
          flushed = done;
          queue.stop(ticks.getAsLong());
          if (!welcomed) {
            queue.end();
          }
          turn();
        });
    return done.future();
  }

  /** Gives up what is left. Any thread. */
  public void close() {
    closed = true;
    gate.close();
    lane.execute(
        () -> {
          channel.forget(connection);
          List.copyOf(requests).forEach(Request::cancel);
          queue.end();
          turn();
        });
  }

  private @Nullable Publication takePushed() {
    return pushed.getAndSet(null);
  }

  /** Takes what was pushed, in the order of pushing. */
  private void gather() {
    Publication oldest = null;
    Publication next = takePushed();
    while (next != null) {
      Publication below = next.below;
      next.below = oldest;
      oldest = next;
      next = below;
    }
    while (oldest != null) {
      Publication after = oldest.below;
      oldest.below = null;
      queue.add(oldest);
      oldest = after;
    }
  }

  private void turn() {
    gather();
    long now = ticks.getAsLong();
    queue.expire(now);
    if (welcomed && !connecting && !closed && queue.due(now)) {
      queue.attempt();
      connecting = true;
      channel.connect(connection);
    }
    Promise<Void> waiting = flushed;
    if (waiting != null && queue.size() == 0) {
      flushed = null;
      waiting.complete();
    }
    arm(now);
  }

  private void arm(long now) {
    long next = queue.next();
    if (next == PublishQueue.NEVER || closed) {
      return; // a timer that is set finds nothing to do
    }
    Lane.Timer set = timer;
    if (set != null) {
      if (timerEnd - next <= 0) {
        return;
      }
      set.cancel();
    }
    timerEnd = next;
    timer =
        lane.schedule(
            Math.max(0, next - now),
            () -> {
              timer = null;
              turn();
            });
  }

  /** Waits for the connection, and sends. */
  private final class Connection implements PinnedChannel.Waiter {
    @Override
    public void connected(LiveConnection live) {
      connecting = false;
      gather(); // what came meanwhile goes along
      List<Publication> batch = queue.take(ticks.getAsLong());
      if (batch.isEmpty()) {
        turn();
        return;
      }
      Request made = new Request(batch);
      requests.add(made);
      made.start(live);
      turn();
    }

    @Override
    public void unreachable(UnreachableException why) {
      connecting = false;
      queue.unreachable(ticks.getAsLong());
      turn();
    }
  }

  /** One request, until it is answered or has failed. */
  private final class Request implements GrpcExchange.Listener {
    private final List<Publication> batch;
    private @Nullable GrpcExchange exchange;
    private Lane.@Nullable Timer limit;
    private @Nullable PublishResponse answer;

    Request(List<Publication> batch) {
      this.batch = batch;
    }

    void start(LiveConnection live) {
      List<byte[]> envelopes = batch.stream().map(e -> e.envelope).toList();
      GrpcExchange.Outgoing outgoing =
          new GrpcExchange.Outgoing(
              PATH,
              EventMessages.publishRequest(envelopes),
              attempt.toMillis(),
              "",
              Transport.MAX_MESSAGE);
      limit = lane.schedule(attempt.toNanos(), this::late);
      exchange = GrpcExchange.start(live, outgoing, this);
    }

    void cancel() {
      end();
      GrpcExchange open = exchange;
      if (open != null) {
        open.cancel();
      }
    }

    private void late() {
      cancel();
      queue.failed(batch, true, ticks.getAsLong());
      turn();
    }

    @Override
    public void onMessage(ByteBuf message) {
      try {
        answer = PublishResponse.parseFrom(ByteBufUtil.getBytes(message));
      } catch (IOException e) {
        answer = PublishResponse.getDefaultInstance(); // says nothing about anything
      }
    }

    @Override
    public void onEnd(CallStatus status) {
      end();
      PublishResponse said = answer;
      if (status.ok() && said != null) {
        queue.answered(batch, said.getResultsList(), ticks.getAsLong());
      } else {
        queue.failed(batch, !status.notDispatched(), ticks.getAsLong());
      }
      turn();
    }

    private void end() {
      requests.remove(this);
      Lane.Timer pending = limit;
      if (pending != null) {
        pending.cancel();
      }
    }
  }
}
