package io.trestle.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.ServiceClient;
import io.trestle.sdk.protobuf.TypedSchema;
import io.trestle.sdk.protobuf.TypedStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class TestBridgeTest {
  private static final ProtoFile SHOP =
      ProtoFile.parse(
          """
          syntax = "proto3";
          message Order { string sku = 1; }
          message Receipt { string id = 1; }
          message Total { int64 cents = 1; }
          service Shop {
            rpc Place(Order) returns (Receipt);
            rpc Watch(Order) returns (stream Receipt);
          }
          """);

  record Order(String sku) {}

  record Receipt(String id) {}

  private static final TypedSchema<Order, Receipt> PLACE =
      SHOP.method("Place").as(Order.class, Receipt.class);
  private static final TypedSchema<Order, Receipt> WATCH =
      SHOP.method("Watch").as(Order.class, Receipt.class);
  private static final int MANY = 20_000;
  private static final byte[] GARBAGE = {0x0a, 0x7f};

  private final TestBridge kit = TestBridge.create();
  private final ProtobufRpc rpc = ProtobufRpc.of(kit.bridge());

  @AfterEach
  void stop() {
    kit.stop();
  }

  private static ErrorCode codeOf(Executable call) {
    return catchThrowableOfType(ServiceBridgeException.class, call::execute).code();
  }

  @Test
  void invoke_goesTheWholeWay_withWhatTheCallerGave() {
    CompletableFuture<Duration> remaining = new CompletableFuture<>();
    rpc.handle(
        "Place",
        PLACE,
        (order, context) -> {
          remaining.complete(context.remaining().orElseThrow());
          return new Receipt(
              String.join(
                  " ",
                  order.sku(),
                  context.caller().serviceId(),
                  context.caller().instanceId(),
                  context.requestId(),
                  context.idempotencyKey()));
        });
    kit.start();

    Receipt receipt =
        kit.invoke(
            "Place",
            PLACE,
            new Order("tea"),
            Invocation.DEFAULT
                .from("billing", "billing-1")
                .withRequestId("r-1")
                .withIdempotencyKey("k-1")
                .withDeadline(Duration.ofMinutes(5)));

    assertThat(receipt).isEqualTo(new Receipt("tea billing billing-1 r-1 k-1"));
    assertThat(remaining.join()).isBetween(Duration.ofMinutes(4), Duration.ofMinutes(5));
  }

  @Test
  void failures_areWhatACallerSees() {
    rpc.handle(
        "Place",
        PLACE,
        (order, context) -> {
          if (order.sku().isEmpty()) {
            throw new IllegalStateException("no sku");
          }
          throw new HandlerException("SOLD_OUT", order.sku());
        });
    rpc.handleStream("Watch", WATCH, (order, context, out) -> {});
    kit.start();

    assertThatExceptionOfType(HandlerException.class)
        .isThrownBy(() -> kit.invoke("Place", PLACE, new Order("tea")))
        .matches(e -> e.handlerCode().equals("SOLD_OUT") && e.remote())
        .withMessageContaining("tea");
    assertThatExceptionOfType(HandlerException.class)
        .isThrownBy(() -> kit.invoke("Place", PLACE, new Order("")))
        .matches(e -> e.handlerCode().equals("INTERNAL"));
    Invocation how = Invocation.DEFAULT;
    assertThat(codeOf(() -> kit.invoke("Other", PLACE, new Order("a"))))
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(codeOf(() -> kit.invoke("Place", GARBAGE, how))).isEqualTo(ErrorCode.VALIDATION);
    assertThat(codeOf(() -> kit.invoke("Watch", new byte[0], how))).isEqualTo(ErrorCode.VALIDATION);
    assertThat(codeOf(() -> kit.invokeStream("Place", new byte[0], how)))
        .isEqualTo(ErrorCode.VALIDATION);
    assertThat(codeOf(() -> kit.invokeStream("Watch", GARBAGE, how)))
        .isEqualTo(ErrorCode.VALIDATION);
    assertThat(
            codeOf(() -> kit.invoke("Place", SHOP.messages("Total", "Total").asMaps(), Map.of())))
        .isEqualTo(ErrorCode.NO_LIVE_INSTANCE);
  }

  @Test
  void deadline_isTimeout_andEndsTheHandler() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    kit.bridge()
        .rpc()
        .handle(
            "slow",
            (request, context) -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
              return request;
            });
    kit.start();

    assertThatExceptionOfType(CallTimeoutException.class)
        .isThrownBy(
            () ->
                kit.invoke(
                    "slow", new byte[0], Invocation.DEFAULT.withDeadline(Duration.ofMillis(20))));
    assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void cancelledInvocation_reachesTheHandler() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    kit.bridge()
        .rpc()
        .handleAsync(
            "never",
            (request, context) -> {
              context.onCancel(cancelled::countDown);
              running.countDown();
              return new CompletableFuture<>();
            });
    kit.start();
    CompletableFuture<byte[]> call = kit.invokeAsync("never", new byte[0], Invocation.DEFAULT);
    assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();

    call.cancel(true);

    assertThat(cancelled.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void chunks_eachSentFromTheCompletionOfTheOneBefore_areAllGathered() {
    kit.bridge()
        .rpc()
        .handleStreamAsync(
            "count",
            (request, context, out) -> {
              CompletableFuture<Void> end = new CompletableFuture<>();
              sendOn(out, MANY, end);
              return end;
            });
    kit.start();

    assertThat(kit.invokeStream("count", new byte[0], Invocation.DEFAULT)).hasSize(MANY);
  }

  private static void sendOn(ChunkWriter out, int left, CompletableFuture<Void> end) {
    if (left == 0) {
      end.complete(null);
    } else {
      var unused = out.sendAsync(new byte[1]).thenRun(() -> sendOn(out, left - 1, end));
    }
  }

  @Test
  void streams_areGathered_orReadOneByOne() throws Exception {
    CountDownLatch cleaned = new CountDownLatch(1);
    rpc.handleStream(
        "Watch",
        WATCH,
        (order, context, out) -> {
          try {
            for (int i = 1; order.sku().equals("endless") || i <= 3; i++) {
              out.send(new Receipt(order.sku() + i));
            }
            if (order.sku().equals("bad")) {
              throw new HandlerException("GONE", "midway");
            }
          } finally {
            if (order.sku().equals("endless")) {
              cleaned.countDown();
            }
          }
        });
    kit.start();

    assertThat(kit.invokeStream("Watch", WATCH, new Order("a"), Invocation.DEFAULT))
        .containsExactly(new Receipt("a1"), new Receipt("a2"), new Receipt("a3"));
    try (TypedStream<Receipt> read =
        kit.openStream("Watch", WATCH, new Order("bad"), Invocation.DEFAULT)) {
      assertThat(read.next()).isEqualTo(new Receipt("bad1"));
      assertThatExceptionOfType(HandlerException.class)
          .isThrownBy(() -> read.forEachRemaining(receipt -> {}))
          .matches(e -> e.handlerCode().equals("GONE"));
    }
    try (TypedStream<Receipt> read =
        kit.openStream("Watch", WATCH, new Order("endless"), Invocation.DEFAULT)) {
      assertThat(read.next()).isEqualTo(new Receipt("endless1"));
    }
    assertThat(cleaned.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void slowReader_holdsTheSenderUp() {
    AtomicInteger sent = new AtomicInteger();
    kit.bridge()
        .rpc()
        .handleStream(
            "many",
            (request, context, out) -> {
              for (int i = 0; i < 100; i++) {
                out.send(new byte[64 << 10]);
                sent.incrementAndGet();
              }
            });
    kit.start();

    try (RpcStream read = kit.openStream("many", new byte[0], Invocation.DEFAULT)) {
      read.next();
      assertThat(sent).hasValueLessThan(50);
      int rest = 0;
      for (; read.hasNext(); rest++) {
        read.next();
      }
      assertThat(rest).isEqualTo(99);
    }
  }

  @Test
  void outgoingCalls_areAnsweredAndRecorded() {
    CallOptions options = CallOptions.timeoutOf(Duration.ofSeconds(7)).withIdempotencyKey("k");
    ServiceClient other = rpc.client("other", SHOP);
    kit.respond("other", "Place", PLACE, (order, context) -> new Receipt("r-" + order.sku()));
    kit.respondStream(
        "other", "Watch", WATCH, (order, context, out) -> out.send(new Receipt(order.sku())));
    kit.start();

    assertThat(other.call("Place", Map.of("sku", "tea"), options)).isEqualTo(Map.of("id", "r-tea"));
    var watch = other.method("Watch", Order.class, Receipt.class);
    try (TypedStream<Receipt> read = watch.stream(new Order("a"))) {
      assertThat(read).toIterable().containsExactly(new Receipt("a"));
    }
    CompletableFuture<Receipt> first = new CompletableFuture<>();
    watch.publisher(new Order("b"), CallOptions.DEFAULT).subscribe(new First<>(first));
    assertThat(first.join()).isEqualTo(new Receipt("b"));

    assertThat(kit.calls())
        .extracting(RecordedCall::method)
        .containsExactly("Place", "Watch", "Watch");
    RecordedCall call = kit.calls().get(0);
    assertThat(call.service()).isEqualTo("other");
    assertThat(call.payload(PLACE)).isEqualTo(new Order("tea"));
    assertThat(call.options()).isEqualTo(options);
    assertThat(call.streaming()).isFalse();
    kit.reset();
    assertThat(kit.calls()).isEmpty();
    assertThat(codeOf(() -> other.call("Place", Map.of()))).isEqualTo(ErrorCode.NO_LIVE_INSTANCE);
  }

  private record First<T>(CompletableFuture<T> item) implements Flow.Subscriber<T> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(2);
    }

    @Override
    public void onNext(T next) {
      item.complete(next);
    }

    @Override
    public void onError(Throwable failure) {
      item.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {}
  }

  @Test
  void outgoingCalls_failAsTheyWould() {
    kit.respond(
        "other",
        "fails",
        (request, context) -> {
          throw new HandlerException("BUSY", new String(request, UTF_8));
        });
    kit.respond("other", "Place", PLACE, (order, context) -> new Receipt(""));
    kit.start();

    assertThatExceptionOfType(HandlerException.class)
        .isThrownBy(() -> kit.bridge().rpc().call("other", "fails", "now".getBytes(UTF_8)))
        .matches(e -> e.handlerCode().equals("BUSY"))
        .withMessageContaining("now");
    assertThatExceptionOfType(NoLiveInstanceException.class)
        .isThrownBy(() -> kit.bridge().rpc().call("other", "nobody", GARBAGE));
    assertThatExceptionOfType(NoLiveInstanceException.class)
        .isThrownBy(() -> kit.bridge().rpc().call("other", "Place", GARBAGE))
        .withMessageContaining("contract");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> rpc.call("other", "Place", Map.of(), CallOptions.DEFAULT));
    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> rpc.method("other", "fails", PLACE).stream(new Order("")));
    assertThat(kit.calls())
        .extracting(RecordedCall::method)
        .containsExactly("fails", "nobody", "Place");
  }

  @Test
  void rulesOfTheLife_areThoseOfTheRealBridge() {
    assertThat(codeOf(() -> kit.invoke("any", GARBAGE, Invocation.DEFAULT)))
        .isEqualTo(ErrorCode.STATE);
    assertThatExceptionOfType(StateException.class)
        .isThrownBy(() -> kit.bridge().rpc().call("other", "any", GARBAGE));
    kit.start();
    assertThat(kit.bridge().identity()).isPresent();
    assertThatExceptionOfType(StateException.class)
        .isThrownBy(() -> kit.bridge().rpc().handle("late", (request, context) -> request));
    kit.stop();
    kit.stop();
    assertThat(kit.bridge().identity()).isEmpty();
    assertThatExceptionOfType(StateException.class)
        .isThrownBy(() -> kit.bridge().rpc().call("other", "any", GARBAGE));
    assertThatExceptionOfType(StateException.class).isThrownBy(kit::start);
  }

  @Test
  void patterns_matchAsSubscriptionsDo() {
    assertThat(TestBridge.matchPattern("orders.*", "orders.created")).isTrue();
    assertThat(TestBridge.matchPattern("orders.*", "orders.a.b")).isFalse();
    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> TestBridge.matchPattern("orders..", "orders.a"));
  }

  @Test
  void callerThatNoCertificateCanName_isRefused() {
    assertThatExceptionOfType(ValidationException.class)
        .isThrownBy(() -> Invocation.DEFAULT.from("a service", "1"))
        .withMessageContaining("serviceId: a service (expected: ");
  }
}
