package io.trestle.protocol.wire;

import static io.trestle.protocol.transport.Loopback.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Loopback;
import io.trestle.protocol.transport.TestCertificates;
import io.trestle.protocol.transport.TlsEngine;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.Caller.Heard;
import io.trestle.protocol.wire.Caller.How;
import io.trestle.protocol.wire.Caller.Reply;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
@Timeout(60)
class GrpcExchangeTest {
  private static final SpiffeId RUNTIME = SpiffeId.runtime();
  private static final int AT_ONCE = 2;

  private static Vertx vertx;
  private static TestCertificates certificates;

  private Loopback server;
  private Caller caller;
  private LiveConnection connection;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    certificates = TestCertificates.create();
  }

  @AfterAll
  static void stop() throws Exception {
    await(vertx.close());
  }

  @BeforeEach
  void connect() throws Exception {
    HttpServerOptions options =
        Loopback.options(TlsEngine.best(), certificates, certificates.runtime());
    options.getInitialSettings().setMaxConcurrentStreams(AT_ONCE);
    server = Loopback.start(vertx, options);
    caller = Caller.create(vertx, TlsEngine.best(), null, certificates.ca());
    connection = caller.connection(server.address(), RUNTIME);
  }

  @AfterEach
  void disconnect() throws Exception {
    caller.close();
    server.close();
  }

  @Test
  void calls_moreThanTheServerTakesAtOnce_waitAndAreAnswered() throws Exception {
    List<Heard> calls = callTogether(50);
    for (Heard call : calls) {
      assertThat(call.reply().how()).isEqualTo(How.ENDED);
      assertThat(call.reply().text()).isEqualTo("call");
    }
    assertThat(server.callers).hasSize(50);
    assertThat(server.connections).hasSize(1);
  }

  @Test
  void calls_moreThanMayWait_failAsProvenUnsent() throws Exception {
    BlockingQueue<Runnable> held = server.hold();
    List<Heard> calls = callTogether(AT_ONCE + 1024 + 1);

    Reply tooMany = calls.get(calls.size() - 1).reply();
    assertThat(tooMany.code()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(tooMany.status().notDispatched()).isTrue();
    for (int i = 0; i < calls.size() - 1; i++) {
      held.take().run();
    }
    for (Heard call : calls.subList(0, calls.size() - 1)) {
      assertThat(call.reply().status().ok()).isTrue();
    }
    assertThat(server.callers).hasSize(AT_ONCE + 1024);
  }

  @Test
  void waitingCalls_someGiveUp_othersTakeTheirTurn() throws Exception {
    BlockingQueue<Runnable> held = server.hold();
    List<Heard> running = callTogether(AT_ONCE);
    List<CompletableFuture<GrpcExchange>> impatient = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      impatient.add(caller.start(connection, Caller.outgoing("impatient"), new Heard()));
    }
    List<Heard> patient = callTogether(3);
    for (CompletableFuture<GrpcExchange> started : impatient) {
      caller.lane.execute(Caller.await(started)::cancel);
    }
    CompletableFuture<Void> allGaveUp = new CompletableFuture<>();
    caller.lane.execute(() -> allGaveUp.complete(null));
    Caller.await(allGaveUp);
    for (int i = 0; i < AT_ONCE + 3; i++) {
      held.take().run();
    }
    for (Heard call : patient) {
      assertThat(call.reply().status().ok()).isTrue();
    }
    assertThat(running).allMatch(call -> call.ends == 1);
    assertThat(server.callers).hasSize(AT_ONCE + 3);
  }

  @Test
  void waitingCalls_serverTakesMoreAtOnce_begin() throws Exception {
    BlockingQueue<Runnable> held = server.hold();
    List<Heard> calls = callTogether(AT_ONCE + 3);
    Awaitility.await().until(() -> held.size() == AT_ONCE);

    var settings = server.connections.get(0).settings().setMaxConcurrentStreams(10);
    await(server.connections.get(0).updateSettings(settings));

    Awaitility.await().until(() -> held.size() == AT_ONCE + 3);
    held.forEach(Runnable::run);
    for (Heard call : calls) {
      assertThat(call.reply().status().ok()).isTrue();
    }
  }

  @Test
  void waitingCalls_connectionIsLost_failAsProvenUnsent() throws Exception {
    BlockingQueue<Runnable> held = server.hold();
    List<Heard> calls = callTogether(AT_ONCE + 1);
    Awaitility.await().until(() -> held.size() == AT_ONCE);
    await(server.connections.get(0).close());

    assertThat(calls.get(0).reply().how()).isEqualTo(How.BROKEN);
    assertThat(calls.get(0).reply().code()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(calls.get(0).reply().status().notDispatched()).isFalse();
    assertThat(calls.get(AT_ONCE).reply().how()).isEqualTo(How.ENDED);
    assertThat(calls.get(AT_ONCE).reply().status().notDispatched()).isTrue();
  }

  @Test
  void listener_throwsOnAMessage_losesItsOwnStreamOnly() throws Exception {
    BlockingQueue<Runnable> held = server.hold();
    Heard throwing =
        new Heard(
            message -> {
              throw new IllegalStateException("on purpose");
            });
    var unused = caller.start(connection, Caller.outgoing("call"), throwing);
    Heard other = callTogether(1).get(0);
    held.take().run();

    assertThat(throwing.reply().how()).isEqualTo(How.BROKEN);
    held.take().run();
    assertThat(other.reply().text()).isEqualTo("call");
    server.answer(Loopback::echo);
    assertUsable();
  }

  @Test
  void listener_throwsAtTheEnd_losesItsOwnStreamOnly() throws Exception {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    GrpcExchange.Listener listener =
        new GrpcExchange.Listener() {
          @Override
          public void onMessage(ByteBuf message) {}

          @Override
          public void onEnd(CallStatus status) {
            if (!ended.complete(null)) {
              ended.obtrudeException(new IllegalStateException("a second end"));
            }
            throw new IllegalStateException("on purpose");
          }
        };
    var unused = caller.start(connection, Caller.outgoing("call"), listener);
    Caller.await(ended);
    assertUsable();
    assertThat(ended).isCompleted();
  }

  @Test
  void message_thatCannotBeWritten_fails_andCostsNoStream() throws Exception {
    Heard heard = new Heard();
    var unused = caller.start(connection, Caller.outgoing(10, new byte[9]), heard);

    assertThat(heard.reply().code()).isEqualTo(StatusCode.INTERNAL);
    assertThat(heard.reply().status().notDispatched())
        .isFalse(); // no other instance could do better
    assertUsable();
    assertThat(server.callers).hasSize(1);
  }

  @Test
  void answer_comesBeforeTheRequestIsSent_endsTheExchange() throws Exception {
    server.answer(
        request -> {
          request.pause(); // so that the window stays closed
          request.response().putHeader("grpc-status", "8").putHeader("grpc-message", "full").end();
        });
    Heard heard = new Heard();
    int size = 2 * Transport.CONNECTION_WINDOW;
    var unused = caller.start(connection, Caller.outgoing(new byte[size]), heard);

    assertThat(heard.reply().how()).isEqualTo(How.ENDED);
    assertThat(heard.reply().status())
        .isEqualTo(CallStatus.of(StatusCode.RESOURCE_EXHAUSTED, "full"));
    server.answer(Loopback::echo);
    assertUsable();
  }

  @Test
  void answer_cutArbitrarily_arrivesWhole() throws Exception {
    Random random = new Random(7);
    byte[] bytes = new byte[3_000_000];
    random.nextBytes(bytes);
    Buffer frames = frame(0, bytes.length).appendBytes(bytes).appendBuffer(frame(0, 0));
    server.answer(request -> pieces(request.response(), frames, random));

    Reply reply = reply();

    assertThat(reply.status().ok()).isTrue();
    assertThat(reply.messages()).hasSize(2);
    assertThat(reply.messages().get(0)).isEqualTo(bytes);
    assertThat(reply.messages().get(1)).isEmpty();
  }

  @Test
  void answer_compressedOrTooLarge_isRefusedAndTheServerTold() throws Exception {
    Map<StatusCode, Buffer> answers =
        Map.of(
            StatusCode.UNIMPLEMENTED, frame(1, 3),
            StatusCode.RESOURCE_EXHAUSTED, frame(0, Transport.MAX_MESSAGE + 1),
            StatusCode.INTERNAL, frame(9, 3));
    for (Map.Entry<StatusCode, Buffer> answer : answers.entrySet()) {
      CompletableFuture<Throwable> told = new CompletableFuture<>();
      server.answer(
          request -> {
            request.response().exceptionHandler(told::complete);
            request.response().putHeader("content-type", "application/grpc");
            request.response().setChunked(true).write(answer.getValue());
          });
      Reply reply = reply();
      assertThat(reply.how()).isEqualTo(How.REFUSED);
      assertThat(reply.code()).isEqualTo(answer.getKey());
      assertThat(Caller.await(told)).hasMessageContaining("8");
    }
    server.answer(Loopback::echo);
    assertUsable();
  }

  @Test
  void answer_isReset_breaksWithTheStatusOfTheCode() throws Exception {
    Map<Long, StatusCode> codes =
        Map.of(
            WireStream.CANCEL,
            StatusCode.CANCELLED,
            WireStream.REFUSED,
            StatusCode.UNAVAILABLE,
            WireStream.ENHANCE_YOUR_CALM,
            StatusCode.RESOURCE_EXHAUSTED,
            2L,
            StatusCode.INTERNAL);
    for (Map.Entry<Long, StatusCode> code : codes.entrySet()) {
      server.answer(request -> request.response().reset(code.getKey()));
      assertEnd(How.BROKEN, code.getValue(), "code " + code.getKey());
    }
    server.answer(Loopback::echo);
    assertUsable();
  }

  @Test
  void answer_isNotWhole_endsWithAStatusOfOurs() throws Exception {
    server.answer(request -> request.response().setStatusCode(503).end());
    assertEnd(How.BROKEN, StatusCode.UNAVAILABLE, "HTTP status 503");
    server.answer(request -> request.response().end(frame(0, 0)));
    assertEnd(How.BROKEN, StatusCode.UNKNOWN, "no grpc-status");
    server.answer(request -> Loopback.good(request.response(), frame(0, 5)));
    assertEnd(How.ENDED, StatusCode.INTERNAL, "ends within a message");
    server.answer(GrpcExchangeTest::cutOff);
    assertEnd(How.BROKEN, StatusCode.UNAVAILABLE, "connection lost");
  }

  @Test
  void calls_fromManyThreadsHalfOfThemCancelled_endAtMostOnce() throws Exception {
    List<Heard> kept = new ArrayList<>();
    List<Heard> cancelled = new ArrayList<>();
    Random random = new Random(11);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    for (int i = 0; i < 5_000; i++) {
      Heard heard = new Heard();
      boolean cancel = random.nextBoolean();
      int size = random.nextInt(50) == 0 ? 60_000 : random.nextInt(300);
      (cancel ? cancelled : kept).add(heard);
      threads.execute(
          () -> {
            var started = caller.start(connection, Caller.outgoing(new byte[size]), heard);
            if (cancel) {
              var unused = started.thenAccept(exchange -> caller.lane.execute(exchange::cancel));
            }
          });
    }
    threads.shutdown();
    assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();

    for (Heard heard : kept) {
      Reply reply = heard.reply();
      assertThat(reply.status().ok() || reply.status().notDispatched()).isTrue();
    }
    Awaitility.await().until(() -> Caller.await(active()) == 0);
    assertThat(kept).allMatch(heard -> heard.ends == 1);
    assertThat(cancelled).allMatch(heard -> heard.ends <= 1);
    assertUsable();
  }

  private void assertUsable() throws Exception {
    Heard next = callTogether(1).get(0);
    assertThat(next.reply().text()).isEqualTo("call");
    assertThat(server.connections).hasSize(1);
    Awaitility.await().until(() -> Caller.await(active()) == 0);
  }

  private void assertEnd(How how, StatusCode code, String text) throws Exception {
    Reply reply = reply();
    assertThat(reply.how()).isEqualTo(how);
    assertThat(reply.code()).isEqualTo(code);
    assertThat(reply.status().message()).contains(text);
    assertThat(reply.status().notDispatched()).isFalse();
  }

  private Reply reply() throws Exception {
    return callTogether(1).get(0).reply();
  }

  /** Starts calls in one go, so that none ends in between. */
  private List<Heard> callTogether(int count) {
    List<Heard> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(new Heard());
    }
    caller.lane.execute(
        () -> calls.forEach(c -> GrpcExchange.start(connection, Caller.outgoing("call"), c)));
    return calls;
  }

  private CompletableFuture<Integer> active() {
    CompletableFuture<Integer> count = new CompletableFuture<>();
    caller.lane.execute(() -> count.complete(connection.active()));
    return count;
  }

  private static Buffer frame(int flag, int length) {
    return Buffer.buffer().appendByte((byte) flag).appendInt(length);
  }

  private static void pieces(HttpServerResponse response, Buffer frames, Random random) {
    response.putHeader("content-type", "application/grpc").putTrailer("grpc-status", "0");
    response.setChunked(true);
    for (int start = 0; start < frames.length(); ) {
      int size = random.nextBoolean() ? 1 + random.nextInt(9) : 1 + random.nextInt(40_000);
      int end = Math.min(frames.length(), start + size);
      response.write(frames.slice(start, end));
      start = end;
    }
    response.end();
  }

  private static void cutOff(HttpServerRequest request) {
    request.response().putHeader("content-type", "application/grpc");
    request
        .response()
        .setChunked(true)
        .write(frame(0, 5))
        .onSuccess(v -> request.connection().close());
  }
}
