package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.trestle.sdk.HandlerException;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.TypedSchema;
import io.trestle.system.guide.Buyer.Order;
import io.trestle.system.guide.Buyer.Receipt;
import io.trestle.system.guide.Buyer.ShopApi;
import io.trestle.system.guide.Buyer.Speed;
import io.trestle.testing.RecordedCall;
import io.trestle.testing.TestBridge;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The section on tests of docs/guide/rpc.md. */
class WithoutNetworkTest {
  private static final Path SCHEMAS = Path.of("src", "test", "resources", "guide");
  private static final ProtoFile FILE = ProtoFile.load(SCHEMAS.resolve("shop.proto"));
  private static final TypedSchema<Order, Receipt> PLACE =
      FILE.method("Place").as(Order.class, Receipt.class);

  @Test
  void orderOfNothing_isRefused() {
    try (TestBridge shop = TestBridge.create()) {
      Shop.declare(shop.bridge(), SCHEMAS);
      shop.start();

      assertThat(shop.invoke("Place", PLACE, new Order("tea", 2, Speed.EXPRESS)))
          .isEqualTo(new Receipt("receipt", 3_000));
      assertThatExceptionOfType(HandlerException.class)
          .isThrownBy(() -> shop.invoke("Place", PLACE, new Order("tea", 0, Speed.NORMAL)))
          .matches(e -> e.handlerCode().equals("NOTHING_ORDERED"));
    }
  }

  @Test
  void buyer_placesItsOrder() {
    try (TestBridge buyer = TestBridge.create()) {
      ProtobufRpc rpc = ProtobufRpc.of(buyer.bridge());
      ShopApi shop = rpc.client("shop", FILE).as(ShopApi.class);
      buyer.respond("shop", "Place", PLACE, (order, context) -> new Receipt("r-1", 700));
      buyer.start();

      assertThat(shop.place(new Order("tea", 1, Speed.NORMAL)).totalCents()).isEqualTo(700);

      RecordedCall call = buyer.calls().get(0);
      assertThat(call.service()).isEqualTo("shop");
      assertThat(call.payload(PLACE)).isEqualTo(new Order("tea", 1, Speed.NORMAL));
    }
  }
}
