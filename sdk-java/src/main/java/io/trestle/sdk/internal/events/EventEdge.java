package io.trestle.sdk.internal.events;

import io.trestle.protocol.UuidV7;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.internal.inbound.HandlerThreads;
import io.trestle.sdk.internal.session.ReconnectLadder;
import io.trestle.sdk.internal.traces.TraceWriters;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** Both directions of events of a started bridge. */
public final class EventEdge {
  private final EventSender sender;
  private final EventSubscriber subscriber;
  private final RuntimePost post;
  private final DeadLetterBox deadLetters;

  /**
   * An edge that waits for a session.
   *
   * @param publishing the way of events to the runtime
   * @param control the way of deliveries, on the lane of the session
   */
  public EventEdge(
      PinnedChannel publishing,
      PinnedChannel control,
      EventRules rules,
      Subscriptions subscriptions,
      HandlerThreads threads,
      UuidV7 ids,
      TraceWriters traces,
      InstantSource clock,
      Consumer<BridgeEvent> listeners) {
    this.deadLetters = new DeadLetterCalls(publishing);
    this.post = new RuntimePost(publishing, listeners);
    this.sender =
        new EventSender(
            publishing, rules, ids, clock, System::nanoTime, EventSender.ATTEMPT, listeners);
    this.subscriber =
        new EventSubscriber(
            control,
            subscriptions,
            rules.maxInFlight(),
            new EventRunner(threads.executor(), ids, traces),
            new RuntimeFeatures(EventSubscriber::warn),
            ReconnectLadder.DEFAULT,
            () -> ThreadLocalRandom.current().nextDouble());
  }

  /** Where events go. */
  public Outlet outlet() {
    return sender;
  }

  /** Sends events that are prepared. */
  public EventPost post() {
    return post;
  }

  /** Where the dead letters are. */
  public DeadLetterBox deadLetters() {
    return deadLetters;
  }

  /** The runtime has welcomed this instance. On the lane of the session, as what follows. */
  public void welcomed(List<String> features) {
    post.connected(true);
    subscriber.welcomed(features);
    sender.welcomed();
  }

  /** The registry knows this instance. */
  public void registered() {
    subscriber.registered();
  }

  /** The session is gone. */
  public void sessionClosed() {
    post.connected(false);
    subscriber.sessionClosed();
  }

  /** Takes nothing new; completes when all is handled, and all that was published is sent. */
  public Future<Void> drain() {
    return Future.all(subscriber.drain(), sender.drain()).mapEmpty();
  }

  /** Gives up what is left. */
  public void close() {
    post.connected(false);
    subscriber.close();
    sender.close();
  }
}
