package io.trestle.sdk.protobuf;

import static io.trestle.sdk.internal.call.TestFleet.SERVICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.trestle.Acceptance;
import io.trestle.protocol.v1.InvokeOuterClass;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ValidationException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServiceClientTest {
  private static final ProtoFile SHOP =
      ProtoFile.parse(
          """
          syntax = "proto3";
          message Order { string sku = 1; }
          message Receipt { string id = 1; }
          service Shop {
            rpc Place(Order) returns (Receipt);
            rpc Cancel(Receipt) returns (Order);
            rpc Watch(Order) returns (stream Receipt);
          }
          """);

  private final LoopbackRpc loopback = new LoopbackRpc();
  private final ProtobufRpc rpc = ProtobufRpc.on(loopback);

  record Order(String sku) {}

  record Receipt(String id) {}

  ServiceClientTest() throws Exception {}

  @AfterEach
  void close() throws Exception {
    loopback.close();
  }

  @Test
  @Acceptance("SC-4")
  void client_hasAllMethods_orThoseChosen() {
    assertThat(rpc.client(SERVICE, SHOP).methods()).containsExactly("Place", "Cancel", "Watch");

    ServiceClient some = rpc.client("other", SHOP, "Cancel");

    assertThat(some.methods()).containsExactly("Cancel");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> some.call("Place", Map.of()))
        .withMessage("no schema for other/Place (expected: one of Cancel)");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> rpc.client("other", SHOP, "Nothing"))
        .withMessageContaining("other/Nothing (expected: one of Place, Cancel, Watch)");
  }

  @Test
  @Acceptance("SC-4")
  void fileWithoutServiceBlock_makesNoClient() {
    ProtoFile file = ProtoFile.parse("message A {}");

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> rpc.client(SERVICE, file))
        .withMessageContaining("no service block");
  }

  @Test
  void client_callsWithMapsAndRecords() {
    rpc.handle(
        "Place",
        SHOP.method("Place").as(Order.class, Receipt.class),
        (order, c) -> new Receipt("r-" + order.sku()));
    ServiceClient shop = rpc.client(SERVICE, SHOP);

    assertThat(shop.call("Place", Map.of("sku", "a"))).isEqualTo(Map.of("id", "r-a"));
    assertThat(shop.method("Place", Order.class, Receipt.class).call(new Order("b")))
        .isEqualTo(new Receipt("r-b"));
    assertThat(shop.callAsync("Place", Map.of("sku", "c"), CallOptions.DEFAULT).join())
        .isEqualTo(Map.of("id", "r-c"));
  }

  @Test
  void defaults_ofTheClient_reachTheCall() {
    rpc.handle(
        "Place",
        SHOP.method("Place").asMaps(),
        (order, c) -> Map.of("id", c.requestId() + c.idempotencyKey()));
    ServiceClient shop =
        rpc.client(SERVICE, SHOP)
            .withDefaults(CallOptions.DEFAULT.withRequestId("client ").withIdempotencyKey("key"));

    assertThat(shop.call("Place", Map.of())).containsEntry("id", "client key");
    CallOptions options = CallOptions.DEFAULT.withRequestId("call ");
    assertThat(shop.call("Place", Map.of(), options)).containsEntry("id", "call key");
  }

  @Test
  void streamCalledAsUnary_isValidation() {
    ServiceClient shop = rpc.client(SERVICE, SHOP);

    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> shop.call("Watch", Map.of()))
        .withMessageContaining("orders/Watch: answers with a stream");
  }

  @Test
  void generatedDescriptor_makesAClient() {
    ServiceDescriptor invoke = InvokeOuterClass.getDescriptor().findServiceByName("Invoke");

    assertThat(rpc.client(SERVICE, invoke, "Unary").methods()).containsExactly("Unary");
  }

  interface Shop {
    Receipt place(Order order);

    Receipt place(Order order, CallOptions options);

    CompletableFuture<Map<String, Object>> placeAsync(Map<String, Object> order);

    default String id(String sku) {
      return place(new Order(sku)).id();
    }
  }

  @Test
  void interface_isCalledLikeAnObject() {
    rpc.handle(
        "Place",
        SHOP.method("Place").as(Order.class, Receipt.class),
        (order, c) -> new Receipt(order.sku() + c.idempotencyKey()));
    Shop shop = rpc.client(SERVICE, SHOP).as(Shop.class);

    assertThat(shop.place(new Order("a"))).isEqualTo(new Receipt("a"));
    assertThat(shop.place(new Order("a"), CallOptions.DEFAULT.withIdempotencyKey("+")).id())
        .isEqualTo("a+");
    assertThat(shop.placeAsync(Map.of("sku", "b")).join()).isEqualTo(Map.of("id", "b"));
    assertThat(shop.id("c")).isEqualTo("c");
    assertThat(shop).hasToString("Shop of orders").isEqualTo(shop).isNotEqualTo(SHOP);
    assertThat(shop.hashCode()).isEqualTo(shop.hashCode());
  }

  interface Watching {
    TypedStream<Receipt> watch(Order order);

    TypedStream<Map<String, Object>> watch(Map<String, Object> order, CallOptions options);

    Flow.Publisher<Receipt> watchAsync(Order order);
  }

  private void serveWatch() {
    rpc.handleStream(
        "Watch",
        SHOP.method("Watch").as(Order.class, Receipt.class),
        (order, c, out) -> {
          out.send(new Receipt(order.sku() + "1"));
          out.send(new Receipt(order.sku() + "2"));
        });
  }

  @Test
  void streams_ofAnInterface_areReadLikeObjects() {
    serveWatch();
    Watching shop = rpc.client(SERVICE, SHOP).as(Watching.class);

    try (TypedStream<Receipt> read = shop.watch(new Order("a"))) {
      assertThat(read).toIterable().containsExactly(new Receipt("a1"), new Receipt("a2"));
    }
    try (var read = shop.watch(Map.of("sku", "b"), CallOptions.DEFAULT)) {
      assertThat(read.next()).isEqualTo(Map.of("id", "b1"));
    }
    assertThat(Gathered.of(shop.watchAsync(new Order("c"))))
        .containsExactly(new Receipt("c1"), new Receipt("c2"));
  }

  @Test
  void streams_ofAClient_areReadAsMapsAndRecords() {
    serveWatch();
    ServiceClient shop = rpc.client(SERVICE, SHOP);

    try (var read = shop.stream("Watch", Map.of("sku", "a"), CallOptions.DEFAULT)) {
      assertThat(read).toIterable().containsExactly(Map.of("id", "a1"), Map.of("id", "a2"));
    }
    var watch = shop.method("Watch", Order.class, Receipt.class);
    try (var read = watch.stream(new Order("b"))) {
      assertThat(read.next()).isEqualTo(new Receipt("b1"));
    }
    assertThat(catchThrowable(() -> watch.call(new Order("b"))))
        .isInstanceOf(ValidationException.class)
        .hasMessage("rpc orders/Watch: answers with a stream");
  }

  interface Single {
    TypedStream<Receipt> place(Order order);
  }

  @Test
  @Acceptance("RPC-14")
  void unaryCalledAsStream_isValidation() {
    ServiceClient shop = rpc.client(SERVICE, SHOP);
    String expected = "rpc orders/Place: answers with one message, not a stream";

    assertThat(catchThrowable(() -> shop.stream("Place", Map.of(), CallOptions.DEFAULT)))
        .isInstanceOf(ValidationException.class)
        .hasMessage(expected);
    assertThat(catchThrowable(() -> shop.as(Single.class)))
        .isInstanceOf(ValidationException.class)
        .hasMessage(expected);
  }

  @Test
  void handlerOfTheOtherKind_isRefusedWhenDeclared() {
    assertThat(
            catchThrowable(
                () -> rpc.handle("Watch", SHOP.method("Watch").asMaps(), (q, c) -> Map.of())))
        .isInstanceOf(ValidationException.class)
        .hasMessage("rpc Watch: answers with a stream");
    assertThat(
            catchThrowable(
                () -> rpc.handleStream("Place", SHOP.method("Place").asMaps(), (q, c, out) -> {})))
        .isInstanceOf(ValidationException.class);
  }

  interface Misnamed {
    Receipt buy(Order order);
  }

  interface Mistyped {
    Receipt place(Receipt order);
  }

  interface Streaming {
    Receipt watch(Order order);
  }

  interface Overloaded {
    Receipt place(Order order, String more);
  }

  @Test
  void interface_thatDoesNotFit_isRefusedAtOnce() {
    ServiceClient client = rpc.client(SERVICE, SHOP);

    assertThat(catchThrowable(() -> client.as(Misnamed.class)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Misnamed.buy (expected: one of Place, Cancel, Watch)");
    assertThat(catchThrowable(() -> client.as(Mistyped.class)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Receipt.id: no such field in Order");
    assertThat(catchThrowable(() -> client.as(Streaming.class)))
        .isInstanceOf(ValidationException.class);
    assertThat(catchThrowable(() -> client.as(Overloaded.class)))
        .hasMessageContaining("(expected: a request, or a request and CallOptions)");
    assertThat(catchThrowable(() -> client.as(String.class)))
        .hasMessageContaining("(expected: an interface)");
  }
}
