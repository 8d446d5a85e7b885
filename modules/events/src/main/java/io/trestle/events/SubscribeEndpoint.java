package io.trestle.events;

import io.trestle.conversations.Events.Delivery;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.kernel.gateway.MethodHandler.Inbound;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.SubscribeClientMessage;

/** {@code Events/Subscribe}: the deliveries of one instance. */
final class SubscribeEndpoint {
  private final ModuleContext house;
  private final String epoch;

  SubscribeEndpoint(ModuleContext house) {
    this.house = house;
    this.epoch = DeliveryTokens.prefix(house.kernel().epoch());
  }

  MethodHandler handler() {
    return new MethodHandler.Bidirectional<>(
        Methods.EVENTS_SUBSCRIBE.path(),
        Access.SERVICE,
        MethodHandler.DEFAULT_MAX_REQUEST_BYTES,
        SubscribeClientMessage.parser(),
        delivery -> DeliveryMessage.frame(delivery, epoch),
        this::open);
  }

  private Inbound<SubscribeClientMessage> open(Call call, Outbound<Delivery> out) {
    return new SubscribeStream(house, call, out);
  }
}
