package io.trestle.events;

import io.trestle.conversations.Events;
import io.trestle.conversations.Events.DeadLetter;
import io.trestle.conversations.Events.DeadPage;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Published;
import io.trestle.conversations.Events.Result;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.protocol.Methods;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.v1.DlqEntry;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.ListDlqRequest;
import io.trestle.protocol.v1.ListDlqResponse;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.protocol.v1.ReplayDlqRequest;
import io.trestle.protocol.v1.ReplayDlqResponse;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The unary methods of {@code Events}, as conversations of the house. */
final class EventEndpoints {
  /** A batch is bounded by count only, so it may be this large (events.md 2.1.7). */
  private static final int MAX_PUBLISH_BYTES = 128 << 20;

  private static final int MAX_EVENTS = 1_000;

  private final Bus bus;

  EventEndpoints(Bus bus) {
    this.bus = bus;
  }

  MethodHandler publish() {
    return new MethodHandler.Unary<>(
        Methods.EVENTS_PUBLISH.path(),
        Access.SERVICE,
        MAX_PUBLISH_BYTES,
        PublishRequest.parser(),
        this::publish);
  }

  MethodHandler listDead() {
    return new MethodHandler.Unary<>(
        Methods.EVENTS_LIST_DLQ.path(),
        Access.SERVICE,
        MethodHandler.DEFAULT_MAX_REQUEST_BYTES,
        ListDlqRequest.parser(),
        this::listDead);
  }

  MethodHandler replayDead() {
    return new MethodHandler.Unary<>(
        Methods.EVENTS_REPLAY_DLQ.path(),
        Access.SERVICE,
        MethodHandler.DEFAULT_MAX_REQUEST_BYTES,
        ReplayDlqRequest.parser(),
        this::replay);
  }

  private Future<PublishResponse> publish(Call call, PublishRequest request) {
    int count = request.getEventsCount();
    if (count == 0) {
      return Future.succeededFuture(PublishResponse.getDefaultInstance());
    }
    if (count > MAX_EVENTS) {
      throw Refused.of(
          Reason.INVALID, "events: " + count + " (expected: at most " + MAX_EVENTS + ")");
    }
    List<Event> events = new ArrayList<>(count);
    request.getEventsList().forEach(envelope -> events.add(event(envelope)));
    Events.Publish question =
        new Events.Publish(call.caller().serviceId(), call.caller().instanceId(), events);
    return bus.request(Events.PUBLISH, question).map(EventEndpoints::response);
  }

  private static Event event(EventEnvelope e) {
    return new Event(
        e.getId(),
        e.getName(),
        e.getPayload().toByteArray(),
        e.getContractHash(),
        e.getPartitionKey(),
        e.getIdempotencyKey(),
        e.getHeadersMap(),
        e.getOccurredAtUnixMs(),
        e.getXSbTrace(),
        e.getPayloadJson().toByteArray());
  }

  private static PublishResponse response(Published published) {
    PublishResponse.Builder response = PublishResponse.newBuilder();
    for (Result result : published.results()) {
      response.addResults(
          PublishStatusEntry.newBuilder()
              .setEventId(result.eventId())
              .setStatusValue(result.status())
              .setMessage(result.message()));
    }
    return response.build();
  }

  private Future<ListDlqResponse> listDead(Call call, ListDlqRequest request) {
    return bus.request(
            Events.LIST_DEAD,
            new Events.ListDead(call.caller().serviceId(), request.getLimit(), request.getCursor()))
        .map(EventEndpoints::response);
  }

  private static ListDlqResponse response(DeadPage page) {
    ListDlqResponse.Builder response =
        ListDlqResponse.newBuilder().setNextCursor(page.nextCursor());
    page.letters().forEach(letter -> response.addEntries(entry(letter)));
    return response.build();
  }

  private static DlqEntry entry(DeadLetter letter) {
    return DlqEntry.newBuilder()
        .setEventId(letter.eventId().toString())
        .setEventName(letter.eventName())
        .setConsumerService(letter.serviceName())
        .setLastError(letter.lastError())
        .setDlqAtUnixMs(letter.deadAtMillis())
        .setReplayCount(letter.replayCount())
        .setTotalAttempts(letter.totalAttempts())
        .setReason(letter.reason())
        .build();
  }

  private Future<ReplayDlqResponse> replay(Call call, ReplayDlqRequest request) {
    String id =
        UuidText.parse(request.getEventId())
            .orElseThrow(() -> Refused.of(Reason.INVALID, "event_id: not a UUID"));
    return bus.request(
            Events.REPLAY, new Events.Replay(call.caller().serviceId(), UUID.fromString(id)))
        .map(
            replayed ->
                ReplayDlqResponse.newBuilder().setEventId(replayed.eventId().toString()).build());
  }
}
