package io.trestle.sdk.protobuf;

import static io.trestle.sdk.internal.call.TestFleet.SERVICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.v1.Drain;
import io.trestle.protocol.v1.Welcome;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.Contract;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProtobufRpcTest {
  private static final TypedSchema<Drain, Welcome> GREET =
      TypedSchema.of(Drain.class, Welcome.class);
  private static final String ORDERS =
      """
      syntax = "proto3";
      message Order { string sku = 1; int64 quantity = 2; }
      message Receipt { int64 total = 1; }
      """;
  private static final MethodSchema PLACE = ProtoFile.parse(ORDERS).messages("Order", "Receipt");

  private final LoopbackRpc loopback = new LoopbackRpc();
  private final ProtobufRpc rpc = ProtobufRpc.on(loopback);

  record Order(String sku, long quantity) {}

  record Receipt(long total) {}

  ProtobufRpcTest() throws Exception {}

  @AfterEach
  void close() throws Exception {
    loopback.close();
  }

  private static Drain drain(String reason) {
    return Drain.newBuilder().setReason(reason).build();
  }

  private static Welcome welcome(Drain request) {
    return Welcome.newBuilder().setSessionId(request.getReason()).build();
  }

  @Test
  void generatedMessages_travelTyped() throws Exception {
    rpc.handle("greet", Drain.class, Welcome.class, (request, c) -> welcome(request));
    var greet = rpc.method(SERVICE, "greet", Drain.class, Welcome.class);

    assertThat(greet.call(drain("hello")).getSessionId()).isEqualTo("hello");
    assertThat(greet.callAsync(drain("hi")).get(60, TimeUnit.SECONDS).getSessionId())
        .isEqualTo("hi");
  }

  @Test
  void asyncHandler_answersTyped() throws Exception {
    rpc.handleAsync(
        "greet",
        Drain.class,
        Welcome.class,
        (request, c) -> CompletableFuture.completedFuture(welcome(request)));

    assertThat(rpc.method(SERVICE, "greet", GREET).call(drain("hi")).getSessionId())
        .isEqualTo("hi");
  }

  @Test
  void recordsOfOneEnd_meetMapsOfTheOther() {
    rpc.handle(
        "place",
        PLACE.as(Order.class, Receipt.class),
        (order, c) -> new Receipt(order.quantity() * 2));

    Map<String, Object> receipt =
        rpc.method(SERVICE, "place", PLACE.asMaps()).call(Map.of("sku", "a", "quantity", 1L << 40));

    assertThat(receipt).isEqualTo(Map.of("total", 1L << 41));
  }

  @Test
  @Acceptance("RPC-32")
  void undecodablePayload_isValidation_andNoHandlerRuns() {
    AtomicInteger runs = new AtomicInteger();
    rpc.handle(
        "greet",
        GREET,
        (request, c) -> {
          runs.incrementAndGet();
          return welcome(request);
        });
    byte[] garbage = {0x0a, 0x7f};

    Throwable failure =
        catchThrowable(() -> loopback.method(SERVICE, "greet", GREET.contract()).call(garbage));

    assertThat(((ServiceBridgeException) failure).code()).isEqualTo(ErrorCode.VALIDATION);
    assertThat(runs).hasValue(0);
  }

  @Test
  @Acceptance("RPC-13")
  void dynamicCall_withoutSchema_isConfiguration() {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> rpc.call(SERVICE, "place", Map.of(), CallOptions.DEFAULT))
        .withMessage("no schema for orders/place");
    assertThat(rpc.callAsync(SERVICE, "place", Map.of(), CallOptions.DEFAULT))
        .isCompletedExceptionally();
  }

  @Test
  void dynamicCall_withSchema_isMade() {
    rpc.handle("place", PLACE.asMaps(), (order, c) -> Map.of("total", 5));
    rpc.useSchema(SERVICE, "place", PLACE);
    rpc.useSchema(SERVICE, "place", PLACE);

    assertThat(rpc.call(SERVICE, "place", Map.of("sku", "a"), CallOptions.DEFAULT))
        .isEqualTo(Map.of("total", 5L));
    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(
            () -> rpc.useSchema(SERVICE, "place", MethodSchema.of(PLACE.input(), PLACE.input())))
        .withMessageContaining("orders/place");
  }

  @Test
  void badRequest_failsHere_andTheCallIsNotMade() {
    var place = rpc.method(SERVICE, "nobody-serves-it", PLACE.asMaps());

    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> place.call(Map.of("quantity", "two")))
        .withMessage("serde: encode Order: quantity: String (expected: int64)");
    assertThat(place.callAsync(Map.of("colour", 1)))
        .failsWithin(java.time.Duration.ofSeconds(20))
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("colour: no such field (expected: sku, quantity)");
  }

  @Test
  void badAnswer_isAFailureOfTheHandler() {
    rpc.handle("place", PLACE.asMaps(), (order, c) -> Map.of("total", "much"));

    assertThatExceptionOfType(ServiceBridgeException.class)
        .isThrownBy(() -> rpc.method(SERVICE, "place", PLACE.asMaps()).call(Map.of()))
        .withMessageContaining("serde: encode Receipt: total: String (expected: int64)");
  }

  @Test
  void undecodableAnswer_isInternal() {
    loopback.handle("place", PLACE.contract(), (request, c) -> new byte[] {0x0a, 0x7f});

    ServiceBridgeException failure =
        catchThrowableOfType(
            ServiceBridgeException.class,
            () -> rpc.method(SERVICE, "place", PLACE.asMaps()).call(Map.of()));

    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure).hasMessageStartingWith("rpc orders/place: the answer does not decode");
  }

  @Test
  @Acceptance("RPC-19")
  void otherContract_isNoLiveInstance_andNothingIsSent() {
    AtomicInteger runs = new AtomicInteger();
    loopback.handle(
        "place",
        new Contract("v2:other"),
        (request, c) -> {
          runs.incrementAndGet();
          return request;
        });

    assertThatExceptionOfType(NoLiveInstanceException.class)
        .isThrownBy(() -> rpc.method(SERVICE, "place", PLACE.asMaps()).call(Map.of()))
        .withMessageContaining("matches the caller contract");
    assertThat(runs).hasValue(0);
  }

  @Test
  void cancelledTypedCall_reachesTheHandler() {
    AtomicBoolean cancelled = new AtomicBoolean();
    CountDownLatch running = new CountDownLatch(1);
    rpc.handleAsync(
        "greet",
        GREET,
        (request, c) -> {
          c.onCancel(() -> cancelled.set(true));
          running.countDown();
          return new CompletableFuture<>();
        });
    CompletableFuture<Welcome> call = rpc.method(SERVICE, "greet", GREET).callAsync(drain("x"));
    await().until(() -> running.getCount() == 0);

    call.cancel(true);

    await().untilTrue(cancelled);
  }
}
