package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.trestle.conversations.TraceStreams;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.ext.v1.AppendAck;
import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.protocol.ext.v1.End;
import io.trestle.protocol.ext.v1.Gap;
import io.trestle.protocol.ext.v1.Open;
import io.trestle.protocol.ext.v1.WatchMessage;
import io.trestle.protocol.ext.v1.WatchRequest;
import io.trestle.system.SpiedModule;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Streams of traces as another SDK would write and watch them, against the real kernel. */
class TraceStreamsWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey service = WIRE.service();
  private final String trace = UUID.randomUUID().toString();

  private AppendMessage.Builder word() {
    return AppendMessage.newBuilder().setTraceId(trace).setWriter(1);
  }

  private AppendMessage chunk(long clientSeq, String key) {
    return word()
        .setClientSeq(clientSeq)
        .setKey(key)
        .setDataJson(ByteString.copyFromUtf8("{\"n\":" + clientSeq + "}"))
        .build();
  }

  private AppendMessage end(long clientSeq, String status) {
    return word().setClientSeq(clientSeq).setEnd(End.newBuilder().setStatus(status)).build();
  }

  private static WireStream<AppendMessage, AppendAck> writing(
      WireInstance instance, AppendMessage first) {
    return instance.client().begin(ExtensionMethods.TRACES_APPEND, first);
  }

  private WireStream<WatchRequest, WatchMessage> watching(
      WireInstance instance, String key, long from) {
    WatchRequest request =
        WatchRequest.newBuilder().setTraceId(trace).setKey(key).setFromSequence(from).build();
    return instance.client().open(ExtensionMethods.TRACES_WATCH, request);
  }

  private static List<Long> sequences(WireStream<?, WatchMessage> watch) {
    return watch.messages().stream()
        .filter(m -> !m.hasComplete())
        .map(WatchMessage::getSequence)
        .toList();
  }

  private static void awaitMessages(WireStream<?, ?> stream, int number) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> stream.messages().size() >= number || stream.isOver());
    assertThat(stream.messages()).hasSizeGreaterThanOrEqualTo(number);
  }

  @Test
  void chunks_areAcknowledgedWithTheirPlaces_replayedThenLive_thenComplete() {
    WireInstance writer = WIRE.instance(service);
    var writing = writing(writer, chunk(1, "output"));
    writing.send(chunk(2, "log"));
    writing.send(chunk(3, "output"));
    awaitMessages(writing, 3);
    assertThat(writing.messages())
        .extracting(AppendAck::getClientSeq, AppendAck::getSequence)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, 1L),
            org.assertj.core.groups.Tuple.tuple(2L, 2L),
            org.assertj.core.groups.Tuple.tuple(3L, 3L));

    WireInstance watcher = WIRE.instance(WIRE.service());
    var all = watching(watcher, "", 0);
    var output = watching(watcher, "output", 2);
    awaitMessages(all, 3);
    awaitMessages(output, 1);
    writing.send(chunk(4, "output"));
    awaitMessages(all, 4);
    assertThat(all.messages().get(3).getDataJson().toStringUtf8()).isEqualTo("{\"n\":4}");
    writing.send(end(5, "success"));

    assertThat(all.ended().status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(output.ended().status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(sequences(all)).containsExactly(1L, 2L, 3L, 4L);
    assertThat(sequences(output)).containsExactly(3L, 4L);
    assertThat(output.messages().get(2).getComplete().getStatus()).isEqualTo("success");
  }

  @Test
  void resent_isStoredOnce_andGetsItsOldPlace() {
    WireInstance writer = WIRE.instance(service);
    var first = writing(writer, chunk(1, "output"));
    first.send(chunk(2, "output"));
    awaitMessages(first, 2);
    first.cancel();

    var again = writing(writer, chunk(1, "output"));
    again.send(chunk(2, "output"));
    again.send(chunk(3, "output"));
    again.send(chunk(3, "output"));
    awaitMessages(again, 4);

    assertThat(again.messages().stream().map(AppendAck::getSequence).sorted())
        .containsExactly(1L, 2L, 3L, 3L);
    var watch = watching(writer, "", 0);
    awaitMessages(watch, 3);
    assertThat(sequences(watch)).containsExactly(1L, 2L, 3L);
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .column(
                    UUID.class,
                    "SELECT service_id FROM trace_chunks WHERE trace_id = ?",
                    UUID.fromString(trace)))
        .hasSize(3)
        .containsOnly(UUID.fromString(writer.serviceId()));
  }

  @Test
  void gap_isShownInItsPlace() {
    WireInstance writer = WIRE.instance(service);
    var writing = writing(writer, chunk(1, "output"));
    writing.send(
        word().setClientSeq(2).setKey("output").setGap(Gap.newBuilder().setDropped(17)).build());
    writing.send(chunk(3, "output"));
    awaitMessages(writing, 3);

    var watch = watching(writer, "output", 0);
    awaitMessages(watch, 3);
    assertThat(watch.messages().get(1).getGap().getDropped()).isEqualTo(17);
  }

  @Test
  void stream_isNotOver_whileAnotherWriterIsOpen() {
    WireInstance one = WIRE.instance(service);
    WireInstance two = WIRE.instance(WIRE.service());
    var other = writing(two, word().setOpen(Open.getDefaultInstance()).build());
    other.send(chunk(1, "log"));
    awaitMessages(other, 1);
    var writing = writing(one, chunk(1, "output"));
    writing.send(end(2, "success"));
    awaitMessages(writing, 2);
    var watch = watching(one, "", 0);
    awaitMessages(watch, 2);

    await()
        .during(Duration.ofSeconds(6))
        .atMost(Duration.ofSeconds(20))
        .until(() -> !watch.isOver());
    other.send(end(2, "error"));

    assertThat(watch.ended().status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(watch.messages().get(2).getComplete().getStatus()).isEqualTo("error");
  }

  @Test
  void badMessages_endTheStreamInvalid() {
    WireInstance writer = WIRE.instance(service);
    List<AppendMessage> bad =
        List.of(
            chunk(1, "").toBuilder().build(),
            chunk(1, "k").toBuilder().setTraceId("x").build(),
            chunk(1, "k").toBuilder().setDataJson(ByteString.copyFromUtf8("{")).build(),
            chunk(1, "k").toBuilder().setDataJson(ByteString.copyFromUtf8("1 2")).build(),
            chunk(1, "k").toBuilder()
                .setDataJson(ByteString.copyFromUtf8("\"" + "x".repeat(65_536) + "\""))
                .build(),
            word().setClientSeq(1).build(),
            end(1, "NOT A WORD"));
    for (AppendMessage message : bad) {
      var stream = writing(writer, message);
      assertThat(stream.ended().status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    var watch =
        writer.client().open(ExtensionMethods.TRACES_WATCH, WatchRequest.getDefaultInstance());
    assertThat(watch.ended().status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void watches_ofOneInstance_areBounded() {
    WireInstance watcher = WIRE.instance(service);
    List<WireStream<WatchRequest, WatchMessage>> open = new ArrayList<>();
    for (int i = 0; i < 65; i++) {
      open.add(watching(watcher, "", 0));
    }
    await().until(() -> open.stream().filter(WireStream::isOver).count() == 1);
    var refused = open.stream().filter(WireStream::isOver).findFirst().orElseThrow();
    assertThat(refused.ended().status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    open.forEach(WireStream::cancel);
    await()
        .until(
            () -> {
              var one = watching(watcher, "", 0);
              writing(watcher, chunk(System.nanoTime(), "k"));
              await().until(() -> one.isOver() || !one.messages().isEmpty());
              boolean served = !one.messages().isEmpty();
              one.cancel();
              return served;
            });
  }

  @Test
  void restartOfTheKernel_losesNothingAcknowledged_andSequencesGoOn() {
    TestKernel kernel = TestKernel.start();
    try {
      ServiceKey key = kernel.service("restarted");
      WireKey wire = WireExtension.key(key);
      WireIdentity identity = WireInstance.provisionIdentity(kernel.grpc(), wire);
      try (WireInstance before = WireInstance.of(kernel.grpc(), wire, identity)) {
        var writing = writing(before, chunk(1, "output"));
        LongStream.rangeClosed(2, 100).forEach(n -> writing.send(chunk(n, "output")));
        awaitMessages(writing, 100);
      }
      kernel.stop();
      kernel.run();
      try (WireInstance after = WireInstance.of(kernel.grpc(), wire, identity)) {
        var writing = writing(after, chunk(100, "output"));
        writing.send(chunk(101, "output"));
        awaitMessages(writing, 2);
        assertThat(writing.messages().stream().map(AppendAck::getSequence))
            .containsExactly(100L, 101L);
        var watch = watching(after, "output", 51);
        awaitMessages(watch, 51);
        assertThat(sequences(watch))
            .containsExactlyElementsOf(LongStream.rangeClosed(51, 101).boxed().toList());
      }
    } finally {
      kernel.close();
    }
  }

  @Test
  void endOfTheRoot_toldByWhoKnowsOperations_endsTheStream_andLostWritersLeaveItAbandoned() {
    CompletableFuture<ModuleContext> house = new CompletableFuture<>();
    AtomicLong ahead = new AtomicLong();
    TestKernel kernel =
        TestKernel.start(
            options ->
                options
                    .withClock(() -> System.currentTimeMillis() + ahead.get())
                    .withModules(
                        options.modules().stream()
                            .map(m -> m.name().equals("traces") ? spied(m, house::complete) : m)
                            .toList()));
    try {
      WireKey key = WireExtension.key(kernel.service("root"));
      try (WireInstance instance = WireInstance.provision(kernel.grpc(), key)) {
        var writing = writing(instance, chunk(1, "output"));
        awaitMessages(writing, 1);
        writing.cancel();
        var abandoned = watching(instance, "", 0);
        awaitMessages(abandoned, 1);
        assertThat(abandoned.isOver()).isFalse();
        ahead.set(Duration.ofSeconds(91).toMillis());
        assertThat(abandoned.ended().status().isOk()).isTrue();
        assertThat(abandoned.messages().get(1).getComplete().getStatus()).isEqualTo("abandoned");

        Future<?> told =
            house
                .join()
                .bus()
                .request(
                    TraceStreams.ROOT_ENDED,
                    new TraceStreams.RootEnded(UUID.fromString(trace), "timeout"));
        await().until(told::isComplete);
        assertThat(told.succeeded()).isTrue();
        var ended = watching(instance, "", 0);
        awaitMessages(ended, 1);
        ahead.addAndGet(Duration.ofSeconds(5).toMillis());
        assertThat(ended.ended().status().isOk()).isTrue();
        assertThat(ended.messages().get(1).getComplete().getStatus()).isEqualTo("timeout");
      }
    } finally {
      kernel.close();
    }
  }

  @Test
  void graceOfLostWriters_isThatOfTheSetting() {
    AtomicLong ahead = new AtomicLong();
    TestKernel kernel =
        TestKernel.start(
            options -> options.withClock(() -> System.currentTimeMillis() + ahead.get()));
    try {
      JsonObject grace =
          new JsonObject().put("key", "telemetry.abandoned_grace_ms").put("value", "7000");
      kernel.admin().ok("SettingsService/UpdateSettings", grace);
      WireKey key = WireExtension.key(kernel.service("grace"));
      try (WireInstance instance = WireInstance.provision(kernel.grpc(), key)) {
        var writing = writing(instance, chunk(1, "output"));
        awaitMessages(writing, 1);
        writing.cancel();
        var watch = watching(instance, "", 0);
        awaitMessages(watch, 1);

        ahead.set(Duration.ofSeconds(8).toMillis()); // 90 s by default

        assertThat(watch.ended().status().isOk()).isTrue();
        assertThat(watch.messages().get(1).getComplete().getStatus()).isEqualTo("abandoned");
      }
    } finally {
      kernel.close();
    }
  }

  private static Module spied(Module real, Consumer<ModuleContext> spy) {
    return SpiedModule.seen(real, spy);
  }
}
