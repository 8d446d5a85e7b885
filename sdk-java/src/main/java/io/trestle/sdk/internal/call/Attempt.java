package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.ChannelPool;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.protocol.wire.UnreachableException;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.breaker.Outcome;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.call.CandidateChoice.Choice;
import io.trestle.sdk.internal.registry.Route;
import io.trestle.sdk.internal.wire.CallMessages;
import io.trestle.sdk.internal.wire.Failures;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of one call: over one channel, to one instance. After {@link #begin} everything
 * happens on the lane of the channel. It ends once: with an answer, a failure, or because nobody
 * waits any more; what comes later is not heard. What a direct one says of the instance is told to
 * its breaker before the call hears of the end, so that a next attempt chooses with that knowledge.
 */
final class Attempt implements GrpcExchange.Listener, PinnedChannel.Waiter {
  private static final String CALL = Methods.CALL_UNARY.path();
  private static final String CALL_STREAM = Methods.CALL_STREAM.path();
  private static final String INVOKE = Methods.INVOKE_UNARY.path();
  private static final String INVOKE_STREAM = Methods.INVOKE_STREAM.path();

  /** Fields around a payload of the largest size. */
  private static final int MAX_ANSWER = Caller.MAX_MESSAGE + (64 << 10);

  private final OutboundCall call;
  private final PinnedChannel channel;
  private final Route route;
  private final long claim;
  private final boolean direct;
  private final Frames.Body body;
  private Lane.@Nullable Timer timer;
  private @Nullable GrpcExchange exchange;
  private @Nullable LiveConnection connection;
  private boolean sent;
  private boolean heard;
  private boolean over;

  private Attempt(
      OutboundCall call,
      PinnedChannel channel,
      Choice.Chosen chosen,
      boolean direct,
      Frames.Body body) {
    this.call = call;
    this.channel = channel;
    this.route = chosen.route();
    this.claim = chosen.claim();
    this.direct = direct;
    this.body = body;
  }

  /** Straight to the instance. */
  static Attempt direct(OutboundCall call, ChannelPool peers, Choice.Chosen chosen) {
    Route route = chosen.route();
    HostPort endpoint = Objects.requireNonNull(route.endpoint(), "eligible routes have one");
    ChannelPool.Peer peer = new ChannelPool.Peer(endpoint, route.serviceId(), route.instanceId());
    PinnedChannel channel = peers.channel(peer);
    return new Attempt(call, channel, chosen, true, CallMessages.callRequest(call.request()));
  }

  /** Gives back what was claimed for a direct attempt that is not made. */
  static void decline(OutboundCall call, Choice.Chosen chosen) {
    chosen.route().breaker().settle(chosen.claim(), Outcome.UNKNOWN, call.ticks());
  }

  /** Through the runtime, to whichever instance it chooses. */
  static Attempt viaRuntime(
      OutboundCall call, PinnedChannel runtime, Choice.Chosen chosen, List<String> excluded) {
    Frames.Body body =
        CallMessages.invokeRequest(
            call.request(), chosen.route().serviceId(), call.contractHash(), excluded);
    return new Attempt(call, runtime, chosen, false, body);
  }

  /** Begins; any thread. */
  void begin() {
    route.load().incrementAndGet();
    channel.lane().execute(this::connect);
  }

  /** Nobody waits any more; any thread. */
  void abandon() {
    channel
        .lane()
        .execute(
            () -> {
              if (end(Outcome.UNKNOWN)) {
                cancelExchange();
              }
            });
  }

  /** Takes no more than what is under way already; on the lane. */
  void pause() {
    if (exchange != null) {
      exchange.pause();
    }
  }

  /** Takes again; any thread. */
  void resume() {
    channel
        .lane()
        .execute(
            () -> {
              if (exchange != null && !call.full()) { // it may have filled up again meanwhile
                exchange.resume();
              }
            });
  }

  private void cancelExchange() {
    if (exchange != null) {
      exchange.cancel();
    }
  }

  @Override
  public void onMessage(ByteBuf message) {
    if (over) {
      return;
    }
    heard = true;
    try {
      call.message(message);
    } catch (IOException e) {
      cancelExchange();
      malformed();
    }
  }

  @Override
  public void onRefused(CallStatus status) {
    boolean large = status.code() == StatusCode.RESOURCE_EXHAUSTED;
    onEnd(large ? status : CallStatus.of(StatusCode.INTERNAL, "answer: " + status.message()));
  }

  @Override
  public void onEnd(CallStatus status) {
    if (!end(outcome(status))) {
      return;
    }
    if (status.ok()) {
      call.answered();
      return;
    }
    LiveConnection used = connection;
    if (direct && used != null && status.code() == StatusCode.UNAVAILABLE) {
      channel.drop(used);
    }
    ServiceBridgeException error = Failures.of(status, prefix());
    if (status.notDispatched()) {
      call.failed(new Failure.Undispatched(error, directInstance()));
    } else if (error.code() == ErrorCode.ACCESS_DENIED) {
      call.denied(error);
    } else {
      call.failed(new Failure.Final(error));
    }
  }

  private Outcome outcome(CallStatus status) {
    if (!status.ok()) {
      return Outcome.of(ErrorCode.of(status.code()));
    }
    return heard || call.streams() ? Outcome.ANSWERED : Outcome.FAILED;
  }

  private void connect() {
    if (over) {
      return;
    }
    timer = channel.lane().schedule(Math.max(1, call.remaining()), this::timeUp);
    channel.connect(this);
  }

  @Override
  public void connected(LiveConnection connection) {
    if (over) {
      return;
    }
    sent = true;
    this.connection = connection;
    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(call.remaining()));
    exchange =
        GrpcExchange.start(
            connection,
            new GrpcExchange.Outgoing(path(), body, millis, call.plan().trace(), MAX_ANSWER),
            this);
  }

  @Override
  public void unreachable(UnreachableException cause) {
    if (end(Outcome.FAILED)) {
      String text = prefix() + ": " + cause.getMessage();
      ConnectionException error = new ConnectionException(text, -1, cause);
      call.failed(new Failure.Undispatched(error, directInstance()));
    }
  }

  private void timeUp() {
    if (!end(Outcome.FAILED)) {
      return;
    }
    cancelExchange();
    String text = prefix() + ": no answer within the timeout";
    call.failed(
        sent
            ? new Failure.Final(new CallTimeoutException(text))
            : new Failure.Undispatched(
                new ConnectionException(prefix() + ": no connection in time", -1, null),
                directInstance()));
  }

  private void malformed() {
    if (end(Outcome.FAILED)) {
      String text = prefix() + ": the answer does not decode";
      call.failed(new Failure.Final(new ServiceBridgeException(ErrorCode.INTERNAL, text, null)));
    }
  }

  private String path() {
    if (direct) {
      return call.streams() ? CALL_STREAM : CALL;
    }
    return call.streams() ? INVOKE_STREAM : INVOKE;
  }

  /** Ends the attempt; false if it has ended before. */
  private boolean end(Outcome outcome) {
    if (over) {
      return false;
    }
    over = true;
    route.load().decrementAndGet();
    if (direct) {
      route.breaker().settle(claim, outcome, call.ticks());
    }
    if (!sent) {
      channel.forget(this);
    }
    Lane.Timer pending = timer;
    if (pending != null) {
      pending.cancel();
    }
    return true;
  }

  private @Nullable String directInstance() {
    return direct ? route.instanceId() : null;
  }

  private String prefix() {
    return "rpc " + call.request().method() + (direct ? "" : " via runtime");
  }
}
