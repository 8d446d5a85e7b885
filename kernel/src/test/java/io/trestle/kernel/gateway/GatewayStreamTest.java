package io.trestle.kernel.gateway;

import static io.trestle.kernel.gateway.TestMethods.CHAT;
import static io.trestle.kernel.gateway.TestMethods.SLOW;
import static io.trestle.kernel.gateway.TestMethods.UNARY;
import static io.trestle.kernel.gateway.TestMethods.WATCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.trestle.Acceptance;
import io.trestle.kernel.gateway.JavaClient.Stream;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls that last: deadlines, cancellation, streams in both directions, and ends from outside. */
class GatewayStreamTest {
  private static final StringValue LARGE = StringValue.of("x".repeat(100_000));
  private static final int MANY = 20_000;
  private static final int CROWD = 20;

  private GatewayFixture gateway = GatewayFixture.start();

  @AfterEach
  void stop() throws Exception {
    gateway.closeClients();
    gateway.holdsNothing();
    gateway.close();
  }

  @Test
  void deadline_passed_endsTheCallAndTellsTheHandler() {
    JavaClient client = gateway.javaClient();
    client.unary(UNARY, "connects, so that the time is not spent on that");
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS);
    JavaClient.Ended ended = client.unary(SLOW, StringValue.of("never").toByteArray(), options);
    assertThat(ended.code()).isEqualTo(Code.DEADLINE_EXCEEDED);
    await().untilAsserted(() -> assertThat(gateway.methods.aborted).hasSize(1));
    Call call = gateway.methods.aborted.get(0);
    assertThat(call.deadlineMillis()).isBetween(gateway.now.get(), gateway.now.get() + 300);
    gateway.methods.finishSlow("never", "too late");
    gateway.serves();
  }

  @Test
  void deadline_passed_isAnsweredByTheServerItself() {
    RawConnection connection = gateway.raw();
    RawConnection.Answer answer =
        connection.send(SLOW, Map.of("grpc-timeout", "50m"), RawConnection.frame("never"));
    assertThat(answer.grpcStatus()).isEqualTo("4");
    await().untilAsserted(() -> assertThat(gateway.methods.aborted).hasSize(1));
  }

  @Test
  void cancelledCall_tellsTheHandler_andLaterAnswersAreIgnored() {
    Stream call = gateway.javaClient().open(SLOW, MethodType.UNARY);
    call.sendText("cancelled");
    call.halfClose();
    await().until(() -> gateway.methods.slow.containsKey("cancelled"));
    assertThat(gateway.methods.aborted).isEmpty();
    call.cancel();
    await().untilAsserted(() -> assertThat(gateway.methods.aborted).hasSize(1));
    gateway.methods.finishSlow("cancelled", "too late");
    assertThat(gateway.count(GatewayMetrics.IN_FLIGHT)).isZero();
    gateway.serves();
  }

  @Test
  void lostConnection_tellsTheHandlers() throws Exception {
    JavaClient client = gateway.javaClient();
    watch(client, "a");
    watch(client, "b");
    client.close();
    await().untilAsserted(() -> assertThat(gateway.methods.aborted).hasSize(2));
    Future<Void> sent = gateway.methods.watchers.get(0).send(LARGE);
    await().until(sent::failed);
  }

  @Test
  void regularEnd_isNoAbort() {
    Stream stream = watch(gateway.javaClient(), "hello");
    gateway.methods.watchers.get(0).end();
    assertThat(stream.ended().code()).isEqualTo(Code.OK);
    assertThat(stream.texts()).containsExactly("hello");
    gateway.serves();
    assertThat(gateway.methods.aborted).isEmpty();
    Future<Void> late = gateway.methods.watchers.get(0).send(LARGE);
    await().until(late::failed);
  }

  @Test
  void failureAfterMessages_arrivesWithItsText() {
    Stream stream = watch(gateway.javaClient(), "hello");
    gateway.methods.watchers.get(0).fail(GrpcFailure.of(StatusCode.ABORTED, "replaced"));
    JavaClient.Ended ended = stream.ended();
    assertThat(ended.code()).isEqualTo(Code.ABORTED);
    assertThat(ended.message()).isEqualTo("replaced");
    assertThat(stream.texts()).containsExactly("hello");
  }

  @Test
  void end_ofSomeCallers_reachesEveryCallOfTheirs_andNoOther() {
    UUID otherInstance = UUID.fromString("018f0000-0000-7000-8000-000000000003");
    JavaClient other =
        gateway.javaClient(
            gateway.certificates.service(
                GatewayFixture.SERVICE_ID.toString(), otherInstance.toString()));
    List<Stream> ended = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ended.add(watch(gateway.javaClient(), "mine " + i));
    }
    Stream spared = watch(other, "other");
    gateway.server.end(
        caller -> caller.instanceId().equals(GatewayFixture.INSTANCE_ID),
        StatusCode.UNAUTHENTICATED,
        "access revoked");
    for (Stream stream : ended) {
      assertThat(stream.ended().code()).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(stream.ended().message()).isEqualTo("access revoked");
    }
    await().untilAsserted(() -> assertThat(gateway.methods.aborted).hasSize(3));
    assertThat(spared.isOver()).isFalse();
  }

  @Test
  void disconnect_sendsTheStatusAndClosesTheConnection() {
    RawConnection connection = gateway.raw();
    HttpClientResponse response = openWatch(connection);
    Promise<Void> ended = Promise.promise();
    response.endHandler(v -> ended.tryComplete()).resume();
    gateway.server.disconnect(caller -> true, StatusCode.UNAVAILABLE, "expired");
    GatewayFixture.await(ended.future());
    assertThat(response.getTrailer("grpc-status")).isEqualTo("14");
    GatewayFixture.await(connection.closed());
  }

  @Test
  void inbound_isReadOnlyAsFastAsItIsHandled() {
    gateway.methods.chatHolds = true;
    RawConnection connection = gateway.raw();
    HttpClientRequest request = connection.request(CHAT);
    AtomicInteger written = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      request.write(Frames.frame(LARGE)).onSuccess(v -> written.incrementAndGet());
    }
    await().until(() -> gateway.methods.unacknowledged.size() == 1);
    gateway.serves();
    assertThat(gateway.methods.unacknowledged).hasSize(1);
    assertThat(written.get()).as("10 MB into a window of 1 MiB").isLessThan(60);
    gateway.methods.chatHolds = false;
    gateway.methods.unacknowledged.get(0).complete();
    await().until(() -> written.get() == 100);
  }

  @Test
  void outbound_waitsForTheReader_andMemoryStaysSmall() {
    RawConnection connection = gateway.raw();
    HttpClientResponse response = openWatch(connection);
    Outbound<StringValue> out = gateway.methods.watchers.get(0);
    AtomicInteger sent = new AtomicInteger();
    sendWhileTaken(out, sent);
    await().during(Duration.ofMillis(200)).until(sent::get, count -> count > 0 && count < 60);
    assertThat(gateway.count(GatewayMetrics.HELD)).isLessThan(1 << 20);
    int stuck = sent.get();
    response.handler(chunk -> {});
    response.resume();
    await().until(() -> sent.get() > stuck + 100);
    GatewayFixture.await(
        connection.onLoop(
            () -> response.request().reset(8).transform(v -> Future.succeededFuture())));
  }

  @Test
  void outbound_sendsThatWaitForOneAnother_allGo_whenTheReaderComesBack() {
    RawConnection connection = gateway.raw();
    HttpClientResponse response = openWatch(connection);
    Outbound<StringValue> out = gateway.methods.watchers.get(0);
    Future<Void> sending = Future.succeededFuture();
    for (int i = 0; i < 60; i++) {
      sending = sending.compose(v -> out.send(LARGE));
    }
    for (int i = 0; i < MANY; i++) {
      sending = sending.compose(v -> out.send(StringValue.of("small")));
    }
    assertThat(sending.isComplete()).isFalse();

    response.handler(chunk -> {});
    response.resume();

    GatewayFixture.await(sending);
  }

  @Test
  void outbound_thatNeverComesToAnEnd_endsWithItsConnection() throws Exception {
    for (int i = 0; i < CROWD; i++) {
      RawConnection connection = gateway.raw();
      HttpClientResponse response = openWatch(connection);
      AtomicInteger sent = new AtomicInteger();
      sendWhileTaken(gateway.methods.watchers.get(i), sent);
      await().until(() -> sent.get() > 0);
      int stuck = sent.get();
      response.handler(chunk -> {});
      response.resume();
      await().until(() -> sent.get() > stuck + 100);

      connection.close();
    }

    await().until(() -> gateway.methods.aborted.size() == CROWD);
  }

  @Test
  void outbound_ofAWriterThatNeverWaits_isEndedAtTheBound() throws Exception {
    gateway.close();
    GatewayOptions defaults = GatewayOptions.defaults(1);
    gateway =
        GatewayFixture.start(
            withMemory(
                defaults,
                new GatewayOptions.Memory(2 << 20, 8 << 20, 64 << 20, Duration.ofSeconds(1))));
    RawConnection connection = gateway.raw();
    openWatch(connection);
    // A second call on the connection, so that the bound applies.
    openWatch(connection);
    Outbound<StringValue> out = gateway.methods.watchers.get(0);
    for (int i = 0; i < 100; i++) {
      out.send(LARGE);
    }
    await().until(() -> gateway.methods.aborted.size() == 1);
    await().until(() -> gateway.count(GatewayMetrics.HELD) < (1 << 20));
    gateway.serves();
  }

  @Test
  void inbound_overTheBoundOfAConnection_endsResourceExhausted() throws Exception {
    gateway.close();
    GatewayOptions defaults = GatewayOptions.defaults(1);
    gateway =
        GatewayFixture.start(
            withMemory(
                defaults,
                new GatewayOptions.Memory(500_000, 8 << 20, 64 << 20, Duration.ofMillis(200))));
    RawConnection connection = gateway.raw();
    List<Future<RawConnection.Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      answers.add(connection.unfinished(UNARY, Frames.frame(LARGE).slice(0, 90_000)));
    }
    await().until(() -> answers.stream().filter(Future::succeeded).count() >= 4);
    answers.stream()
        .filter(Future::succeeded)
        .forEach(answer -> assertThat(answer.result().grpcStatus()).isEqualTo("8"));
    assertThat(answers).as("those within the bound go on").anyMatch(a -> !a.isComplete());
    await().until(() -> gateway.count(GatewayMetrics.HELD) <= 500_000);
    assertThat(connection.call(UNARY, "still here").grpcStatus()).isEqualTo("0");
  }

  @Test
  void answers_thatTheClientDoesNotTake_stayOnTheBooks() {
    RawConnection connection = gateway.raw();
    List<HttpClientResponse> unread = new ArrayList<>();
    StringValue large = StringValue.of("x".repeat(4 << 20));
    for (int i = 0; i < 5; i++) {
      unread.add(connection.paused(UNARY, large.getValue()));
    }
    await().until(() -> gateway.count(GatewayMetrics.IN_FLIGHT) == 0);
    assertThat(gateway.server.heldBytes(GatewayFixture.INSTANCE_ID)).isGreaterThan(4 << 20);
    unread.forEach(response -> response.handler(chunk -> {}).resume());
    gateway.holdsNothing();
  }

  @Test
  void answers_thatTheClientDoesNotTake_endAtTheBoundOfTheInstance() throws Exception {
    gateway.close();
    GatewayOptions defaults = GatewayOptions.defaults(1);
    gateway =
        GatewayFixture.start(
            withMemory(
                defaults,
                new GatewayOptions.Memory(64 << 20, 10 << 20, 64 << 20, Duration.ofSeconds(5))));
    RawConnection connection = gateway.raw();
    String large = "x".repeat(4 << 20);
    List<HttpClientResponse> unread = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      unread.add(connection.paused(UNARY, large));
    }
    assertThat(unread.get(0).getHeader("grpc-status")).as("it is under way").isNull();
    assertThat(unread.get(5).getHeader("grpc-status")).isEqualTo("8");
    assertThat(gateway.server.heldBytes(GatewayFixture.INSTANCE_ID)).isLessThan(16 << 20);

    unread.stream()
        .filter(response -> response.getHeader("grpc-status") == null)
        .forEach(response -> response.handler(chunk -> {}).resume());
    gateway.holdsNothing();
    assertThat(connection.call(UNARY, "still here").grpcStatus()).isEqualTo("0");
  }

  @Test
  @Acceptance("FL-25")
  void cancelledCalls_twoThousandOnOneConnection_leaveItsControlStream() {
    JavaClient client = gateway.javaClient();
    Stream control = watch(client, "control");
    for (int batch = 0; batch < 20; batch++) {
      List<Stream> calls = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        Stream call = client.open(SLOW, MethodType.UNARY);
        call.sendText("n" + i);
        call.halfClose();
        calls.add(call);
      }
      int begun = batch * 100 + 101;
      await().until(() -> gateway.methods.calls.size() == begun);
      calls.forEach(Stream::cancel);
    }
    await().until(() -> gateway.methods.aborted.size() == 2_000);
    assertThat(control.isOver()).isFalse();
    gateway.methods.watchers.get(0).send(StringValue.of("alive"));
    await().untilAsserted(() -> assertThat(control.texts()).containsExactly("control", "alive"));
    assertThat(gateway.count(GatewayMetrics.CONNECTIONS)).isEqualTo(1);
  }

  @Test
  void bidirectional_echoesInOrderAndEndsWithTheClient() {
    Stream chat = gateway.javaClient().open(CHAT, MethodType.BIDI_STREAMING);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      texts.add("message " + i);
      chat.sendText("message " + i);
    }
    chat.halfClose();
    assertThat(chat.ended().code()).isEqualTo(Code.OK);
    assertThat(chat.texts()).isEqualTo(texts);
  }

  private Stream watch(JavaClient client, String text) {
    int before = gateway.methods.watchers.size();
    Stream stream = client.open(WATCH, MethodType.SERVER_STREAMING);
    stream.sendText(text);
    stream.halfClose();
    await().until(() -> gateway.methods.watchers.size() == before + 1);
    await().until(() -> stream.messages.size() == 1);
    return stream;
  }

  private static HttpClientResponse openWatch(RawConnection connection) {
    return connection.paused(WATCH, "x");
  }

  /** Each from the completion of the one before, without end. */
  private void sendWhileTaken(Outbound<StringValue> out, AtomicInteger sent) {
    out.send(LARGE)
        .onSuccess(
            v -> {
              sent.incrementAndGet();
              sendWhileTaken(out, sent);
            });
  }

  private static GatewayOptions withMemory(GatewayOptions o, GatewayOptions.Memory memory) {
    return new GatewayOptions(
        o.loops(),
        o.handshakes(),
        o.strangers(),
        memory,
        o.pingInterval(),
        o.pingTimeout(),
        o.linger(),
        o.stop());
  }
}
