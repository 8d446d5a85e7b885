package io.trestle.system.wire;

import static org.awaitility.Awaitility.await;

import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.Ack;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.Nack;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.SubscribeClientMessage;
import io.trestle.protocol.v1.SubscribeInit;
import io.trestle.protocol.v1.SubscribeServerMessage;
import java.util.List;

/** An instance that consumes events by hand. */
final class WireSubscriber {
  private final WireInstance instance;
  private final WireStream<SubscribeClientMessage, SubscribeServerMessage> stream;

  private WireSubscriber(
      WireInstance instance, WireStream<SubscribeClientMessage, SubscribeServerMessage> stream) {
    this.instance = instance;
    this.stream = stream;
  }

  /** Registers these patterns, waits for the snapshot, opens the stream. */
  static WireSubscriber of(WireInstance instance, int maxInFlight, String... patterns) {
    register(instance, patterns);
    return open(instance, maxInFlight);
  }

  static void register(WireInstance instance, String... patterns) {
    RegisterRequest.Builder request = Declare.nothing();
    for (String pattern : patterns) {
      request.addEventSubscriptions(EventSubscription.newBuilder().setPattern(pattern));
    }
    instance.register(request).first();
  }

  /** Wants events, and is not there to get them. */
  static void away(WireInstance instance, String... patterns) {
    register(instance, patterns);
    instance.close();
  }

  static WireSubscriber open(WireInstance instance, int maxInFlight) {
    var init = SubscribeInit.newBuilder().setMaxInFlight(maxInFlight);
    return new WireSubscriber(
        instance,
        instance
            .client()
            .begin(
                Methods.EVENTS_SUBSCRIBE,
                SubscribeClientMessage.newBuilder().setInit(init).build()));
  }

  WireInstance instance() {
    return instance;
  }

  WireStream<SubscribeClientMessage, SubscribeServerMessage> stream() {
    return stream;
  }

  /** What has come so far. */
  List<EventDelivery> deliveries() {
    return stream.messages().stream().map(SubscribeServerMessage::getDelivery).toList();
  }

  /** Waits until that many have come, and returns the last of them. */
  EventDelivery delivery(int number) {
    await().until(() -> stream.messages().size() >= number || stream.isOver());
    if (stream.messages().size() < number) {
      throw new AssertionError("the stream ended: " + stream.ended().answer());
    }
    return stream.messages().get(number - 1).getDelivery();
  }

  void ack(EventDelivery delivery) {
    stream.send(
        SubscribeClientMessage.newBuilder()
            .setAck(
                Ack.newBuilder()
                    .setDeliveryId(delivery.getDeliveryId())
                    .setLeaseToken(delivery.getLeaseToken())
                    .setEventId(delivery.getEnvelope().getIdBytes()))
            .build());
  }

  void nack(EventDelivery delivery, String error) {
    nack(delivery, Nack.newBuilder().setErrorMessage(error));
  }

  void nack(EventDelivery delivery, Nack.Builder nack) {
    nack.setDeliveryId(delivery.getDeliveryId()).setLeaseToken(delivery.getLeaseToken());
    stream.send(SubscribeClientMessage.newBuilder().setNack(nack).build());
  }
}
