package io.trestle.sdk.internal.call;

import static io.trestle.sdk.internal.call.Calls.DIRECT;
import static io.trestle.sdk.internal.call.Calls.bytes;
import static io.trestle.sdk.internal.call.Calls.code;
import static io.trestle.sdk.internal.call.Calls.failure;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.AsyncStreamHandler;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.call.TestFleet.Callee;
import io.trestle.sdk.internal.call.TestFleet.Client;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DirectStreamTest {
  private static final int LARGE = 64 << 10;

  private final TestFleet fleet = new TestFleet();
  private final Callee callee = fleet.callee();

  @AfterEach
  void close() throws Exception {
    fleet.close();
  }

  private Client serve(StreamHandler handler) throws Exception {
    callee.handlers.addStream("count", handler);
    return fleet.client().sees("count", callee.listen().ready());
  }

  private Client serveAsync(AsyncStreamHandler handler) throws Exception {
    callee.handlers.addStreamAsync("count", handler);
    return fleet.client().sees("count", callee.listen().ready());
  }

  private static RpcStream open(Client client, CallOptions options) {
    return client.caller.stream(TestFleet.SERVICE, "count", "", bytes("5"), options);
  }

  private static List<String> read(RpcStream stream) {
    List<String> all = new ArrayList<>();
    stream.forEachRemaining(chunk -> all.add(new String(chunk, UTF_8)));
    return all;
  }

  private static void count(byte[] request, ChunkWriter out) {
    int to = Integer.parseInt(new String(request, UTF_8));
    for (int i = 1; i <= to; i++) {
      out.send(bytes("chunk " + i));
    }
  }

  @Test
  @Acceptance("RPC-15")
  void chunks_arriveCompleteAndInOrder_andTheStreamEndsByItself() throws Exception {
    Client client = serve((request, context, out) -> count(request, out));
    try (RpcStream stream = open(client, DIRECT)) {
      assertThat(read(stream))
          .containsExactly("chunk 1", "chunk 2", "chunk 3", "chunk 4", "chunk 5");
      assertThat(stream.hasNext()).isFalse();
      assertThatThrownBy(stream::next).isInstanceOf(NoSuchElementException.class);
    }
    await().until(() -> callee.running() == 0);
  }

  @Test
  void streamWithoutChunks_ends() throws Exception {
    Client client = serve((request, context, out) -> {});
    assertThat(read(open(client, DIRECT))).isEmpty();
  }

  @Test
  @Acceptance("RPC-15")
  void chunksOfAsyncHandler_arriveInOrder() throws Exception {
    Client client = serveAsync((request, context, out) -> send(out, 1, 1000));
    assertThat(read(open(client, DIRECT)))
        .isEqualTo(IntStream.rangeClosed(1, 1000).mapToObj(Integer::toString).toList());
  }

  @Test
  @Acceptance("RPC-15")
  void chunksOfAnotherThread_keepTheirOrder_andTheLastOneArrives() throws Exception {
    int chunks = 40;
    Client client =
        serveAsync(
            (request, context, out) ->
                CompletableFuture.supplyAsync(() -> sendLarge(out, 1, chunks))
                    .thenCompose(sent -> sent));
    for (int round = 0; round < 50; round++) {
      try (RpcStream stream = open(client, DIRECT)) {
        for (int i = 1; i <= chunks; i++) {
          assertThat(ByteBuffer.wrap(stream.next()).getInt()).isEqualTo(i);
        }
        assertThat(stream.hasNext()).isFalse();
      }
    }
  }

  // Goes on where the one before was taken: on the lane, or on the thread that sends.
  private static CompletionStage<Void> sendLarge(ChunkWriter out, int from, int to) {
    CompletableFuture<Void> sent =
        out.sendAsync(ByteBuffer.allocate(40 << 10).putInt(from).array());
    return from == to ? sent : sent.thenCompose(v -> sendLarge(out, from + 1, to));
  }

  private static CompletionStage<Void> send(ChunkWriter out, int from, int to) {
    CompletableFuture<Void> sent = out.sendAsync(bytes(Integer.toString(from)));
    return from == to ? sent : sent.thenComposeAsync(v -> send(out, from + 1, to));
  }

  @Test
  @Acceptance("RPC-16")
  void reader_thatLeavesEarly_cancelsTheHandler_whichCleansUp() throws Exception {
    CountDownLatch cleaned = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    Client client =
        serve(
            (request, context, out) -> {
              context.onCancel(told::countDown);
              try {
                while (true) {
                  out.send(bytes("more"));
                }
              } finally {
                cleaned.countDown();
              }
            });
    try (RpcStream stream = open(client, DIRECT)) {
      assertThat(stream.next()).isEqualTo(bytes("more"));
    }
    assertThat(cleaned.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
    await().until(() -> callee.running() == 0);
  }

  @Test
  void stream_afterClose_saysSo() throws Exception {
    Client client = serve((request, context, out) -> new CountDownLatch(1).await());
    RpcStream stream = open(client, DIRECT);
    stream.close();
    assertThat(code(catchThrowable(stream::hasNext))).isEqualTo(ErrorCode.CANCELLED);
  }

  @Test
  @Acceptance("RPC-17")
  void handler_thatFailsMidway_earlierChunksArriveAndItsErrorFollows() throws Exception {
    Client client =
        serve(
            (request, context, out) -> {
              count(bytes("2"), out);
              throw new HandlerException("OUT_OF_STOCK", "no more");
            });
    RpcStream stream = open(client, DIRECT);
    assertThat(stream.next()).isEqualTo(bytes("chunk 1"));
    assertThat(stream.next()).isEqualTo(bytes("chunk 2"));
    Throwable failure = catchThrowable(stream::hasNext);
    assertThat(failure).isInstanceOf(HandlerException.class).hasMessageContaining("no more");
    assertThat(((HandlerException) failure).handlerCode()).isEqualTo("OUT_OF_STOCK");
    assertThat(((HandlerException) failure).remote()).isTrue();
  }

  @Test
  @Acceptance("RPC-14")
  void kinds_mixedUp_areRefusedByTheCallerWhoKnows_elseByTheCallee() throws Exception {
    callee.handlers.add("one", (payload, context) -> payload);
    callee.handlers.addStream("many", (payload, context, out) -> {});
    callee.listen().ready();
    Client knowing = fleet.client().sees("one", callee);
    assertThat(catchThrowable(() -> read(stream(knowing, "one"))))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("one message");
    knowing.sees("many", callee);
    assertThat(failure(knowing, "many", bytes(""), DIRECT))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("stream");

    Client wrong = fleet.client().sees("late", callee);
    callee.handlers.addStream("late", (payload, context, out) -> {});
    assertThat(code(failure(wrong, "late", bytes(""), DIRECT))).isEqualTo(ErrorCode.VALIDATION);
  }

  private static RpcStream stream(Client client, String method) {
    return client.caller.stream(TestFleet.SERVICE, method, "", bytes(""), DIRECT);
  }

  @Test
  void nobodyServes_isNoLiveInstance() throws Exception {
    Client client = serve((request, context, out) -> {});
    assertThat(catchThrowable(() -> read(stream(client, "other"))))
        .isInstanceOf(NoLiveInstanceException.class);
  }

  @Test
  void timeout_spansTheWholeStream() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    Client client =
        serve(
            (request, context, out) -> {
              out.send(bytes("first"));
              try {
                new CountDownLatch(1).await();
              } finally {
                stopped.countDown();
              }
            });
    RpcStream stream = open(client, DIRECT.withTimeout(Duration.ofMillis(500)));
    assertThat(stream.next()).isEqualTo(bytes("first"));
    assertThat(catchThrowable(stream::hasNext)).isInstanceOf(CallTimeoutException.class);
    assertThat(stopped.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void chunk_thatIsTooLarge_endsTheStream() throws Exception {
    Client client =
        serve(
            (request, context, out) -> {
              out.send(bytes("small"));
              out.send(new byte[5 << 20]);
            });
    RpcStream stream = open(client, DIRECT);
    assertThat(stream.next()).isEqualTo(bytes("small"));
    assertThat(code(catchThrowable(stream::hasNext))).isEqualTo(ErrorCode.OVERLOADED);
  }

  @Test
  void largestChunks_passThroughTheWindow() throws Exception {
    byte[] large = new byte[(4 << 20) - 100];
    Client client =
        serve(
            (request, context, out) -> {
              for (int i = 0; i < 4; i++) {
                out.send(large);
              }
            });
    try (RpcStream stream = open(client, DIRECT)) {
      for (int i = 0; i < 4; i++) {
        assertThat(stream.next()).hasSize(large.length);
      }
      assertThat(stream.hasNext()).isFalse();
    }
  }

  @Test
  void slowReader_stopsTheHandler_andLosesNothing() throws Exception {
    AtomicInteger sent = new AtomicInteger();
    int all = 1000;
    Client client =
        serve(
            (request, context, out) -> {
              for (int i = 0; i < all; i++) {
                out.send(ByteBuffer.allocate(LARGE).putInt(i).array());
                sent.incrementAndGet();
              }
            });
    try (RpcStream stream = open(client, DIRECT)) {
      assertThat(stream.next()).isNotEmpty();
      int stopped = settled(sent);
      // the inbox, the window of the stream, what waits for the network, and some slack
      assertThat((long) stopped * LARGE).isLessThan(4L << 20);
      for (int i = 1; i < all; i++) {
        assertThat(ByteBuffer.wrap(stream.next()).getInt()).isEqualTo(i);
      }
      assertThat(stream.hasNext()).isFalse();
    }
  }

  private static int settled(AtomicInteger counter) {
    AtomicInteger last = new AtomicInteger(-1);
    await()
        .pollInterval(Duration.ofMillis(300))
        .until(() -> counter.get() == last.getAndSet(counter.get()));
    return counter.get();
  }

  @Test
  void slowReader_doesNotStopOtherCallsOnTheConnection() throws Exception {
    callee.handlers.add("echo", (payload, context) -> payload);
    AtomicInteger sent = new AtomicInteger();
    Client client =
        serve(
            (request, context, out) -> {
              while (true) {
                out.send(new byte[LARGE]);
                sent.incrementAndGet();
              }
            });
    List<RpcStream> slow = new ArrayList<>();
    for (int i = 0; i < 32; i++) { // more than the window of the connection
      slow.add(open(client, DIRECT));
    }
    settled(sent);
    client.sees("echo", callee);
    assertThat(Calls.call(client, "echo", new byte[LARGE], DIRECT)).hasSize(LARGE);
    slow.forEach(RpcStream::close);
  }

  /** Asks for one at a time, when told. */
  private static class Reader implements Flow.Subscriber<byte[]> {
    final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    volatile Flow.@Nullable Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
    }

    @Override
    public void onNext(byte[] chunk) {
      heard.add(new String(chunk, UTF_8));
    }

    @Override
    public void onError(Throwable failure) {
      heard.add("failed: " + failure.getMessage());
    }

    @Override
    public void onComplete() {
      heard.add("complete");
    }

    String next(long demand) throws InterruptedException {
      if (demand != 0 && subscription != null) {
        subscription.request(demand);
      }
      return String.valueOf(heard.poll(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void subscriber_getsWhatItAsksFor_thenTheEnd() throws Exception {
    Client client = serve((request, context, out) -> count(request, out));
    Reader reader = new Reader();
    client.caller.publisher(TestFleet.SERVICE, "count", "", bytes("3"), DIRECT).subscribe(reader);

    assertThat(reader.next(1)).isEqualTo("chunk 1");
    assertThat(reader.heard).isEmpty();
    assertThat(reader.next(1)).isEqualTo("chunk 2");
    assertThat(reader.next(1)).isEqualTo("chunk 3");
    assertThat(reader.next(0)).as("the end needs no demand").isEqualTo("complete");
  }

  @Test
  void subscriber_thatReadsWhereChunksArrive_getsChunksLargerThanTheInbox() throws Exception {
    int large = 2 * Inbox.FULL;
    Client client =
        serve(
            (request, context, out) -> {
              for (int i = 0; i < 8; i++) {
                out.send(new byte[large]);
              }
            });
    CompletableFuture<Integer> bytes = new CompletableFuture<>();
    client
        .caller
        .publisher(TestFleet.SERVICE, "count", "", bytes("8"), DIRECT)
        .subscribe(
            new Reader() {
              private int read;

              @Override
              public void onSubscribe(Flow.Subscription given) {
                given.request(Long.MAX_VALUE);
              }

              @Override
              public void onNext(byte[] chunk) {
                read += chunk.length;
              }

              @Override
              public void onComplete() {
                bytes.complete(read);
              }
            });
    assertThat(bytes.get(60, TimeUnit.SECONDS)).isEqualTo(8 * large);
  }

  @Test
  void subscriber_thatAsksForNothing_isToldSo() throws Exception {
    Client client = serve((request, context, out) -> count(request, out));
    Reader reader = new Reader();
    client.caller.publisher(TestFleet.SERVICE, "count", "", bytes("3"), DIRECT).subscribe(reader);
    assertThat(reader.next(-1)).isEqualTo("failed: request: -1 (expected: 1 or more)");
  }

  @Test
  void subscriber_thatCancelsAtOnce_makesNoCall() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    Client client = serve((request, context, out) -> runs.incrementAndGet());
    client
        .caller
        .publisher(TestFleet.SERVICE, "count", "", bytes("3"), DIRECT)
        .subscribe(
            new Reader() {
              @Override
              public void onSubscribe(Flow.Subscription given) {
                given.cancel();
              }
            });
    assertThat(read(open(client, DIRECT))).as("a later call").isEmpty();
    assertThat(runs).hasValue(1);
  }

  @Test
  void subscriber_thatThrows_cancelsTheCall() throws Exception {
    CountDownLatch cleaned = new CountDownLatch(1);
    Client client =
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
    Reader reader =
        new Reader() {
          @Override
          public void onNext(byte[] chunk) {
            throw new IllegalStateException("on purpose");
          }
        };
    client.caller.publisher(TestFleet.SERVICE, "count", "", bytes("3"), DIRECT).subscribe(reader);
    if (reader.subscription != null) {
      reader.subscription.request(1);
    }
    assertThat(cleaned.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void subscriber_thatCancels_stopsTheHandler() throws Exception {
    CountDownLatch cleaned = new CountDownLatch(1);
    Client client =
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
    Reader reader = new Reader();
    client.caller.publisher(TestFleet.SERVICE, "count", "", bytes("3"), DIRECT).subscribe(reader);
    assertThat(reader.next(1)).isEqualTo("more");
    if (reader.subscription != null) {
      reader.subscription.cancel();
    }
    assertThat(cleaned.await(60, TimeUnit.SECONDS)).isTrue();
  }
}
