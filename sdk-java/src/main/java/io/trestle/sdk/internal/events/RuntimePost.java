package io.trestle.sdk.internal.events;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.internal.wire.EventMessages;
import io.trestle.sdk.internal.wire.Failures;
import io.trestle.sdk.internal.wire.RuntimeCalls;
import io.trestle.sdk.outbox.PreparedEvent;
import io.trestle.sdk.outbox.PublishVerdict;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends to the runtime: what is answered counts by position (events.md 2.1). */
final class RuntimePost implements EventPost {
  private final PinnedChannel channel;
  private final Consumer<BridgeEvent> listeners;
  private volatile boolean connected;

  /**
   * A post without session.
   *
   * @param listeners hears of events that the policy forbids
   */
  RuntimePost(PinnedChannel channel, Consumer<BridgeEvent> listeners) {
    this.channel = channel;
    this.listeners = listeners;
  }

  void connected(boolean now) {
    connected = now;
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public CompletableFuture<List<PublishVerdict>> send(List<PreparedEvent> events) {
    CompletableFuture<List<PublishVerdict>> verdicts = new CompletableFuture<>();
    if (!connected) {
      verdicts.completeExceptionally(none("there is no session", null));
      return verdicts;
    }
    PublishRequest request = request(events);
    try {
      channel.lane().execute(() -> call(request, events, verdicts));
    } catch (RejectedExecutionException e) { // the event loops have ended
      verdicts.completeExceptionally(none("the bridge has ended", e));
    }
    return verdicts;
  }

  private void call(
      PublishRequest request,
      List<PreparedEvent> events,
      CompletableFuture<List<PublishVerdict>> verdicts) {
    RuntimeCalls.unary(
        channel,
        Methods.EVENTS_PUBLISH,
        request,
        EventSender.ATTEMPT,
        answer -> settle(answer, events, verdicts),
        status -> verdicts.completeExceptionally(Failures.of(status, "publish")));
  }

  private void settle(
      PublishResponse answer,
      List<PreparedEvent> events,
      CompletableFuture<List<PublishVerdict>> verdicts) {
    if (answer.getResultsCount() != events.size()) {
      verdicts.completeExceptionally(
          none(answer.getResultsCount() + " results for " + events.size() + " events", null));
      return;
    }
    List<PublishVerdict> all = new ArrayList<>(events.size());
    for (int i = 0; i < events.size(); i++) {
      all.add(verdict(events.get(i), answer.getResults(i)));
    }
    verdicts.complete(all);
  }

  private PublishVerdict verdict(PreparedEvent event, PublishStatusEntry entry) {
    String said = entry.getMessage();
    return switch (entry.getStatus()) {
      case PUBLISH_STATUS_ACCEPTED -> PublishVerdict.ACCEPTED;
      case PUBLISH_STATUS_REJECTED_DUPLICATE -> new PublishVerdict(Status.DUPLICATE, said);
      case PUBLISH_STATUS_REJECTED_INVALID_NAME -> new PublishVerdict(Status.INVALID_NAME, said);
      case PUBLISH_STATUS_REJECTED_FORBIDDEN -> forbidden(event, said);
      case PUBLISH_STATUS_REJECTED_CONFLICT -> new PublishVerdict(Status.CONFLICT, said);
      default -> new PublishVerdict(Status.UNDECIDED, said);
    };
  }

  private PublishVerdict forbidden(PreparedEvent event, String said) {
    String reason = said.isEmpty() ? "access denied: event.publish " + event.name() : said;
    listeners.accept(
        new BridgeEvent.PolicyViolation("event.publish", event.name(), "self_egress", reason));
    return new PublishVerdict(Status.FORBIDDEN, reason);
  }

  private static PublishRequest request(List<PreparedEvent> events) {
    PublishRequest.Builder request = PublishRequest.newBuilder();
    for (PreparedEvent event : events) {
      try {
        byte[] written = EventMessages.envelope(Preparation.envelope(event));
        request.addEvents(EventEnvelope.parseFrom(written));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("what is written can be read", e);
      }
    }
    return request.build();
  }

  private static ConnectionException none(String why, @Nullable Throwable cause) {
    return new ConnectionException("publish: " + why, -1, cause);
  }
}
