package io.trestle.traces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.TraceStreams.Append;
import io.trestle.conversations.TraceStreams.Appended;
import io.trestle.conversations.TraceStreams.Chunk;
import io.trestle.kernel.TestStage;
import io.trestle.traces.core.Shares;
import io.trestle.traces.core.Shares.Holder;
import io.vertx.core.Future;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** That the bounds of memory are asked, told apart by instance, and given back. */
class TraceBoundsTest {
  private static TestStage stage;
  private static TraceStore store;
  private static Doubts doubts;

  private final UUID service = UUID.randomUUID();
  private final UUID instance = UUID.randomUUID();

  @BeforeAll
  static void open() {
    stage = TestStage.of("traces");
    store = new TraceStore(stage.house().database().pool());
    doubts =
        new Doubts(
            () -> stage.house().pipeline().submit(TraceStore.PROBE, new TraceStore.Probe(0)));
  }

  @AfterAll
  static void close() {
    stage.close();
  }

  private static void assertOverloaded(Future<?> answer, String what) {
    await().until(answer::isComplete);
    assertThat(answer.cause())
        .isInstanceOfSatisfying(
            Refused.class, e -> assertThat(e.reason()).isEqualTo(Reason.OVERLOADED))
        .hasMessageContaining(what);
  }

  @Test
  void liveStreams_ofAnInstance_areBounded_andOneThatIsLeftMakesRoom() {
    Traces traces = new Traces(store, doubts, 0, new Shares(16));
    Holder holder = new Holder(service, instance);
    UUID first = UUID.randomUUID();
    List<Future<Trace>> two =
        stage.on(() -> List.of(traces.open(first, holder), traces.open(UUID.randomUUID(), holder)));
    two.forEach(TestStage::await);

    assertOverloaded(
        stage.on(() -> traces.open(UUID.randomUUID(), holder)),
        "expected: 2 of an instance, 4 of a service, 16 of all");
    TestStage.await(
        stage.on(() -> traces.open(UUID.randomUUID(), new Holder(service, UUID.randomUUID()))));
    TestStage.await(
        stage.on(
            () -> {
              traces.release(first);
              return traces.open(UUID.randomUUID(), holder);
            }));
    assertThat(stage.on(traces::size)).isEqualTo(3);
  }

  @Test
  void bytes_thatAnInstanceHasSaid_areBounded_untilTheyAreAnswered() {
    Traces traces = new Traces(store, doubts, 0, new Shares(Traces.MAX));
    AppendDesk desk =
        stage.on(
            () ->
                new AppendDesk(
                    stage.house(), store, traces, doubts, new Shares(8 * 2_000), trace -> {}));
    List<Future<Appended>> two = stage.on(() -> List.of(say(desk, 1), say(desk, 2)));

    assertOverloaded(two.get(1), "expected: 2000 of an instance, 4000 of a service, 16000 of all");
    assertThat(TestStage.await(two.get(0)).sequence()).isEqualTo(1);
    assertThat(TestStage.await(stage.on(() -> say(desk, 2))).sequence()).isEqualTo(1);
  }

  /** A chunk of 1,112 bytes, on a stream of its own. */
  private Future<Appended> say(AppendDesk desk, long number) {
    return desk.append(
        new Append(
            UUID.randomUUID(),
            service,
            instance,
            UUID.randomUUID(),
            1,
            number,
            new Chunk("k", new byte[600])));
  }
}
