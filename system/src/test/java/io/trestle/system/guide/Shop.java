package io.trestle.system.guide;

import io.trestle.sdk.CallContext;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.SchemaFile;
import io.trestle.sdk.protobuf.TypedWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

public final class Shop {
  enum Speed {
    NORMAL,
    EXPRESS
  }

  record Order(String sku, int quantity, Optional<String> note, Speed speed) {}

  record Receipt(String id, long totalCents) {}

  record Progress(int picked, int of) {}

  static final CountDownLatch PICKED = new CountDownLatch(1);

  private Shop() {}

  public static void main(String[] args) throws InterruptedException {
    try (ServiceBridge bridge = start(args[0], args[1], Path.of("."))) {
      new CountDownLatch(1).await(); // until the process is ended
    }
  }

  static ServiceBridge start(String runtime, String key, Path schemas) {
    ServiceBridge bridge = ServiceBridge.builder(runtime, key).advertise("127.0.0.1", 0).build();
    declare(bridge, schemas);
    bridge.start();
    return bridge;
  }

  static void declare(ServiceBridge bridge, Path schemas) {
    ProtobufRpc rpc = ProtobufRpc.of(bridge);

    ProtoFile shop = ProtoFile.load(schemas.resolve("shop.proto"));
    rpc.handle("Place", shop.method("Place").as(Order.class, Receipt.class), Shop::place);
    rpc.handleStream("Pick", shop.method("Pick").as(Order.class, Progress.class), Shop::pick);

    var price = SchemaFile.load(schemas.resolve("price.schema.json"));
    rpc.handle(
        "Price",
        price.asMaps(),
        (request, context) ->
            Map.of(
                "cents", 1_000, "discounts", List.of(Map.of("name", "spring", "percent", 12.5))));
  }

  private static Receipt place(Order order, CallContext context) {
    if (order.quantity() < 1) {
      throw new HandlerException("NOTHING_ORDERED", "quantity: " + order.quantity());
    }
    long cents = order.speed() == Speed.EXPRESS ? 1_500 : 1_000;
    return new Receipt(order.note().orElse("receipt"), cents * order.quantity());
  }

  private static void pick(Order order, CallContext context, TypedWriter<Progress> out) {
    try {
      for (int picked = 1; picked <= order.quantity(); picked++) {
        out.send(new Progress(picked, order.quantity())); // waits for slow readers
      }
    } finally {
      PICKED.countDown(); // also when the reader leaves: then send throws
    }
  }
}
