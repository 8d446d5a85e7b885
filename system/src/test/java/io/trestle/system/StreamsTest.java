package io.trestle.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams of our SDK at both ends, straight and through the runtime. */
class StreamsTest {
  private static final int SMALL = 8 << 10;
  private static final int LARGE = 64 << 10;
  private static final int MANY = 20_000;
  private static final AtomicInteger NEXT = new AtomicInteger();

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private final TestKernel.ServiceKey shelf =
      TRESTLE.kernel().service("shelf-" + NEXT.incrementAndGet());
  private final TestKernel.ServiceKey picker =
      TRESTLE.kernel().service("picker-" + NEXT.incrementAndGet());

  private ServiceBridge serve(StreamHandler handler) {
    return TRESTLE.connect(
        shelf,
        bridge -> {
          bridge.rpc().handleStream("pick", handler);
          bridge.rpc().handle("one", (request, context) -> request);
        });
  }

  private ServiceBridge reader() {
    ServiceBridge bridge =
        TRESTLE.connect(picker, sdk -> sdk.service(shelf.name(), ServiceDeps.rpc("pick", "one")));
    await().until(() -> methods(bridge) == 2);
    return bridge;
  }

  private long methods(ServiceBridge bridge) {
    return bridge.serviceMap().service(shelf.name()).stream()
        .mapToLong(service -> service.methods().size())
        .sum();
  }

  private RpcStream open(ServiceBridge reader, Transport transport) {
    CallOptions options = CallOptions.timeoutOf(Duration.ofSeconds(25)).withTransport(transport);
    return reader.rpc().stream(shelf.name(), "pick", bytes("all"), options);
  }

  private static void fiveChunks(byte[] request, CallContext context, ChunkWriter out) {
    for (int i = 1; i <= 5; i++) {
      out.send(bytes(i + " of " + new String(request, UTF_8)));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Acceptance({"RPC-15", "RG-19"})
  void fiveChunks_arriveCompleteAndInOrder_andTheStreamEnds(Transport transport) {
    serve(StreamsTest::fiveChunks);
    ServiceBridge reader = reader();
    try (RpcStream stream = open(reader, transport)) {
      for (int i = 1; i <= 5; i++) {
        assertThat(stream.next()).isEqualTo(bytes(i + " of all"));
      }
      assertThat(stream.hasNext()).isFalse();
    }
    assertThat(reader.serviceMap().service(shelf.name()).orElseThrow().methods())
        .filteredOn(method -> method.name().equals("pick"))
        .allMatch(method -> method.streaming())
        .hasSize(1);
  }

  @Test
  @Acceptance("RPC-15")
  void chunks_eachSentFromTheCompletionOfTheOneBefore_allArrive() {
    TRESTLE.connect(
        shelf,
        bridge -> {
          bridge.rpc().handleStreamAsync("pick", StreamsTest::manyChunks);
          bridge.rpc().handle("one", (request, context) -> request);
        });
    int arrived = 0;
    try (RpcStream stream = open(reader(), Transport.DIRECT)) {
      while (stream.hasNext()) {
        arrived += stream.next().length;
      }
    }
    assertThat(arrived).isEqualTo(MANY);
  }

  private static CompletableFuture<Void> manyChunks(
      byte[] request, CallContext context, ChunkWriter out) {
    CompletableFuture<Void> end = new CompletableFuture<>();
    sendOn(out, MANY, end);
    return end;
  }

  private static void sendOn(ChunkWriter out, int left, CompletableFuture<Void> end) {
    if (left == 0) {
      end.complete(null);
      return;
    }
    var unused =
        out.sendAsync(new byte[1])
            .whenComplete(
                (sent, failure) -> {
                  if (failure == null) {
                    sendOn(out, left - 1, end);
                  } else {
                    end.completeExceptionally(failure);
                  }
                });
  }

  @ParameterizedTest
  @EnumSource(names = {"DIRECT", "PROXY"})
  @Acceptance("RPC-16")
  void reader_thatLeavesEarly_cancelsTheHandler_whichCleansUp(Transport transport)
      throws Exception {
    CountDownLatch cleaned = new CountDownLatch(1);
    serve(
        (request, context, out) -> {
          try {
            while (true) {
              out.send(bytes("more"));
            }
          } finally {
            cleaned.countDown();
          }
        });
    try (RpcStream stream = open(reader(), transport)) {
      assertThat(stream.next()).isEqualTo(bytes("more"));
    }
    assertThat(cleaned.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(names = {"DIRECT", "PROXY"})
  @Acceptance("RPC-17")
  void handler_thatFailsMidway_earlierChunksArriveAndItsErrorFollows(Transport transport) {
    serve(
        (request, context, out) -> {
          out.send(bytes("first"));
          throw new HandlerException("SHELF_EMPTY", "nothing left");
        });
    RpcStream stream = open(reader(), transport);
    assertThat(stream.next()).isEqualTo(bytes("first"));
    assertThat(catchThrowable(stream::hasNext))
        .isInstanceOfSatisfying(
            HandlerException.class,
            failure -> {
              assertThat(failure.handlerCode()).isEqualTo("SHELF_EMPTY");
              assertThat(failure).hasMessageContaining("nothing left");
            });
  }

  @ParameterizedTest
  @EnumSource(names = {"DIRECT", "PROXY"})
  @Acceptance("RPC-14")
  void kinds_mixedUp_areValidationFailures(Transport transport) {
    serve(StreamsTest::fiveChunks);
    ServiceBridge reader = reader();
    CallOptions options = CallOptions.DEFAULT.withTransport(transport);
    assertThat(
            code(catchThrowable(() -> reader.rpc().call(shelf.name(), "pick", bytes(""), options))))
        .isEqualTo(ErrorCode.VALIDATION);
    assertThat(
            code(
                catchThrowable(
                    () -> reader.rpc().stream(shelf.name(), "one", bytes(""), options).hasNext())))
        .isEqualTo(ErrorCode.VALIDATION);
  }

  @ParameterizedTest
  @EnumSource(names = {"DIRECT", "PROXY"})
  void slowReader_stopsTheHandler_andLosesNothing(Transport transport) {
    AtomicInteger sent = new AtomicInteger();
    int all = 600;
    serve(
        (request, context, out) -> {
          for (int i = 0; i < all; i++) {
            out.send(ByteBuffer.allocate(LARGE).putInt(i).array());
            sent.incrementAndGet();
          }
        });
    try (RpcStream stream = open(reader(), transport)) {
      assertThat(stream.next()).isNotEmpty();
      // two windows when the runtime is between, and what lies at each end
      assertThat((long) settled(sent) * LARGE).isLessThan(6L << 20);
      for (int i = 1; i < all; i++) {
        assertThat(ByteBuffer.wrap(stream.next()).getInt()).isEqualTo(i);
      }
      assertThat(stream.hasNext()).isFalse();
    }
  }

  /**
   * Everything that the proxy has of a stream is counted when it is passed on, whether the caller
   * takes it or not: what the gauge shows is what is held.
   */
  @Test
  void slowReader_throughTheProxy_theRuntimeHoldsNoMoreThanItSays() {
    AtomicInteger sent = new AtomicInteger();
    serve(
        (request, context, out) -> {
          while (true) {
            out.send(new byte[SMALL]);
            sent.incrementAndGet();
          }
        });
    try (RpcStream stream = open(reader(), Transport.PROXY)) {
      assertThat(stream.next()).hasSize(SMALL);
      assertThat(settled(sent)).isPositive();
      // waiting for the caller, and what the callee may send besides
      assertThat(held()).isBetween(64.0 * 1024, (64 + 128) * 1024.0 + 2 * SMALL);
    }
    await().until(() -> held() < SMALL);
  }

  private static double held() {
    return TRESTLE.kernel().trestle().meters().get("trestle.gateway.held.bytes").gauge().value();
  }

  private static int settled(AtomicInteger counter) {
    AtomicInteger last = new AtomicInteger(-1);
    await()
        .pollInterval(Duration.ofMillis(500))
        .until(() -> counter.get() == last.getAndSet(counter.get()));
    return counter.get();
  }

  @ParameterizedTest
  @EnumSource
  void nobodyServes_isNoLiveInstance(Transport transport) {
    ServiceBridge reader =
        TRESTLE.connect(picker, sdk -> sdk.service(shelf.name(), ServiceDeps.rpc("pick")));
    assertThat(catchThrowable(() -> open(reader, transport).hasNext()))
        .isInstanceOf(NoLiveInstanceException.class);
  }

  private static ErrorCode code(Throwable failure) {
    return ((ServiceBridgeException) failure).code();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
