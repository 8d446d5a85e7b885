package io.trestle.sdk.protobuf;

import static io.trestle.sdk.internal.call.TestFleet.SERVICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.v1.Drain;
import io.trestle.protocol.v1.Welcome;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TypedStreamTest {
  private static final MethodSchema WATCH =
      ProtoFile.parse(
              """
              syntax = "proto3";
              message Order { string sku = 1; }
              message Progress { int32 picked = 1; }
              """)
          .messages("Order", "Progress");
  private static final byte[] GARBAGE = {0x0a, 0x7f};

  private final LoopbackRpc loopback = new LoopbackRpc();
  private final ProtobufRpc rpc = ProtobufRpc.on(loopback);

  record Order(String sku) {}

  record Progress(int picked) {}

  TypedStreamTest() throws Exception {}

  @AfterEach
  void close() throws Exception {
    loopback.close();
  }

  private ProtobufRpc.Method<Order, Progress> watch() {
    return rpc.method(SERVICE, "watch", WATCH.as(Order.class, Progress.class));
  }

  @Test
  @Acceptance("RPC-15")
  void generatedMessages_arriveInOrder_andTheStreamEnds() {
    rpc.handleStream(
        "greet",
        Drain.class,
        Welcome.class,
        (request, c, out) -> {
          for (int i = 1; i <= 5; i++) {
            out.send(Welcome.newBuilder().setSessionId(request.getReason() + i).build());
          }
        });
    var greet = rpc.method(SERVICE, "greet", Drain.class, Welcome.class);

    try (var read = greet.stream(Drain.newBuilder().setReason("x").build())) {
      assertThat(read)
          .toIterable()
          .extracting(Welcome::getSessionId)
          .containsExactly("x1", "x2", "x3", "x4", "x5");
    }
  }

  @Test
  void asyncHandler_sendsTyped_andThePublisherReads() {
    rpc.handleStreamAsync(
        "watch",
        WATCH.as(Order.class, Progress.class),
        (order, c, out) ->
            out.sendAsync(new Progress(1)).thenCompose(v -> out.sendAsync(new Progress(2))));

    assertThat(Gathered.of(watch().publisher(new Order("a"), CallOptions.DEFAULT)))
        .containsExactly(new Progress(1), new Progress(2));
  }

  @Test
  @Acceptance("RPC-16")
  void readerThatLeaves_stopsTheHandler() throws Exception {
    CountDownLatch cleaned = new CountDownLatch(1);
    rpc.handleStream(
        "watch",
        WATCH.as(Order.class, Progress.class),
        (order, c, out) -> {
          try {
            for (int i = 1; true; i++) {
              out.send(new Progress(i));
            }
          } finally {
            cleaned.countDown();
          }
        });

    try (var read = watch().stream(new Order("a"))) {
      assertThat(read.next()).isEqualTo(new Progress(1));
    }

    assertThat(cleaned.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  @Acceptance("RPC-17")
  void failureMidway_followsWhatWasSent() {
    rpc.handleStream(
        "watch",
        WATCH.as(Order.class, Progress.class),
        (order, c, out) -> {
          out.send(new Progress(1));
          throw new HandlerException("SOLD_OUT", "no more " + order.sku());
        });

    try (var read = watch().stream(new Order("tea"))) {
      assertThat(read.next()).isEqualTo(new Progress(1));
      assertThatExceptionOfType(HandlerException.class)
          .isThrownBy(read::hasNext)
          .matches(e -> e.handlerCode().equals("SOLD_OUT"));
    }
  }

  @Test
  void messageThatDoesNotFit_failsWhereItIsSent() {
    CompletableFuture<Throwable> refused = new CompletableFuture<>();
    rpc.handleStreamAsync(
        "watch",
        WATCH.asMaps(),
        (order, c, out) -> {
          var unused =
              out.sendAsync(Map.of("picked", "all"))
                  .whenComplete((v, failure) -> refused.complete(failure));
          throw new ValidationException("over");
        });

    try (var read = watch().stream(new Order("a"))) {
      assertThatExceptionOfType(HandlerException.class).isThrownBy(read::hasNext);
    }
    assertThat(refused.join())
        .isInstanceOf(ValidationException.class)
        .hasMessage("serde: encode Progress: picked: String (expected: int32)");
  }

  @Test
  void undecodableChunk_isInternal_withItsPlace_andEndsTheCall() throws Exception {
    CountDownLatch left = new CountDownLatch(2);
    loopback.handleStream(
        "watch",
        WATCH.contract(),
        (request, c, out) -> {
          c.onCancel(left::countDown);
          out.send(new byte[0]);
          out.send(GARBAGE);
          new CountDownLatch(1).await();
        });

    try (var read = watch().stream(new Order("a"))) {
      assertThat(read.next()).isEqualTo(new Progress(0));
      ServiceBridgeException failure =
          catchThrowableOfType(ServiceBridgeException.class, read::next);
      assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(failure).hasMessageStartingWith("rpc orders/watch: chunk 2 does not decode: ");
    }
    assertThat(Gathered.from(watch().publisher(new Order("a"), CallOptions.DEFAULT)))
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("rpc orders/watch: chunk 2 does not decode: ");
    assertThat(left.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  @Acceptance("RPC-32")
  void undecodableRequest_isValidation_andNoHandlerRuns() {
    rpc.handleStream("watch", WATCH.asMaps(), (order, c, out) -> out.send(Map.of()));
    assertThat(codeOfGarbage("watch")).isEqualTo(ErrorCode.VALIDATION);

    rpc.handleStreamAsync("async", WATCH.asMaps(), (order, c, out) -> out.sendAsync(Map.of()));
    assertThat(codeOfGarbage("async")).isEqualTo(ErrorCode.VALIDATION);
  }

  private ErrorCode codeOfGarbage(String method) {
    try (var read =
        loopback.method(SERVICE, method, WATCH.contract()).stream(GARBAGE, CallOptions.DEFAULT)) {
      return catchThrowableOfType(ServiceBridgeException.class, read::hasNext).code();
    }
  }

  @Test
  void requestThatDoesNotFit_failsHere() {
    var watch = rpc.method(SERVICE, "watch", WATCH.asMaps());

    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> watch.stream(Map.of("sku", 1)));
    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> watch.publisher(Map.of("sku", 1), CallOptions.DEFAULT));
  }
}
