package io.trestle.system.guide;

import io.trestle.sdk.CallOptions;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.SchemaFile;
import io.trestle.sdk.protobuf.ServiceClient;
import io.trestle.sdk.protobuf.TypedStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

public final class Buyer {
  enum Speed {
    NORMAL,
    EXPRESS
  }

  record Order(String sku, int quantity, Speed speed) {}

  record Receipt(String id, long totalCents) {}

  record Progress(int picked, int of) {}

  interface ShopApi {
    Receipt place(Order order);

    Receipt place(Order order, CallOptions options);

    CompletableFuture<Receipt> placeAsync(Order order);

    TypedStream<Progress> pick(Order order);
  }

  private Buyer() {}

  public static void main(String[] args) {
    buy(args[0], args[1], Path.of(".")).forEach(System.out::println);
  }

  static List<String> buy(String runtime, String key, Path schemas) {
    List<String> said = new ArrayList<>();
    try (ServiceBridge bridge = ServiceBridge.builder(runtime, key).callerOnly().build()) {
      ProtobufRpc rpc = ProtobufRpc.of(bridge);
      ServiceClient client = rpc.client("shop", ProtoFile.load(schemas.resolve("shop.proto")));
      ShopApi shop = client.as(ShopApi.class);

      bridge.service("shop", ServiceDeps.rpc("Price"));
      rpc.useSchema("shop", "Price", SchemaFile.load(schemas.resolve("price.schema.json")));

      bridge.start();

      said.add(shop.place(new Order("tea", 2, Speed.EXPRESS)).toString());

      CallOptions patient = CallOptions.timeoutOf(Duration.ofSeconds(5)).withIdempotencyKey("o-1");
      said.add(shop.place(new Order("tea", 1, Speed.NORMAL), patient).toString());

      said.add(shop.placeAsync(new Order("tea", 3, Speed.NORMAL)).join().toString());

      try {
        shop.place(new Order("tea", 0, Speed.NORMAL));
      } catch (HandlerException e) {
        said.add(e.handlerCode());
      }

      try (TypedStream<Progress> picking = shop.pick(new Order("tea", 1_000_000, Speed.NORMAL))) {
        while (picking.hasNext()) {
          Progress progress = picking.next();
          said.add(progress.toString());
          if (progress.picked() == 2) {
            break; // closing ends the call, and with it the handler
          }
        }
      }

      Map<String, Object> order = Map.of("sku", "tea", "quantity", 1, "note", "for you");
      said.add(client.call("Place", order).toString());

      Map<String, Object> request = Map.of("sku", "tea");
      said.add(rpc.call("shop", "Price", request, CallOptions.DEFAULT).toString());
    }
    return said;
  }
}
