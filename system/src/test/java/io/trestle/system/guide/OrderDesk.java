package io.trestle.system.guide;

import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.protobuf.MessageSchema;
import io.trestle.sdk.protobuf.ProtoFile;
import java.nio.file.Path;
import java.util.Map;

/** The publisher of docs/guide/events.md. */
final class OrderDesk {
  record OrderPlaced(String id, int totalCents, String currency) {}

  private OrderDesk() {}

  static EventSchema<OrderPlaced> orderPlaced(Path schemas) {
    ProtoFile file = ProtoFile.load(schemas.resolve("order-events.proto"));
    return MessageSchema.of(file.message("OrderPlaced")).as(OrderPlaced.class);
  }

  static EventType<OrderPlaced> declare(ServiceBridge bridge, Path schemas) {
    return bridge.events().define("order.placed", orderPlaced(schemas));
  }

  static String publish(EventType<OrderPlaced> placed) {
    String id = placed.publish(new OrderPlaced("o-1", 1_000, "EUR"));

    placed.publish(
        new OrderPlaced("o-2", 700, "USD"),
        PublishOptions.keyed("customer-7")
            .withIdempotencyKey("order o-2")
            .withHeaders(Map.of("tenant", "t-1")));

    placed.publish(new OrderPlaced("o-3", 300, "EUR"), PublishOptions.DEFAULT.withFireAndForget());
    return id;
  }
}
