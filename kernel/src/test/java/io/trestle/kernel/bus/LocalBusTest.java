package io.trestle.kernel.bus;

import static io.trestle.kernel.TestFutures.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trestle.conversations.Conversation;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Topic;
import io.trestle.kernel.bus.Bus.Registration;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalBusTest {
  private record Ask(List<String> words) {}

  private record Told(List<String> words) {}

  private static final Conversation<Ask, Told> TALK =
      new Conversation<>("test.talk", Ask.class, Told.class);
  private static final Topic<Told> NEWS = new Topic<>("test.news", Told.class);

  private Vertx vertx;
  private Bus bus;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    bus = new LocalBus(vertx);
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private static Refused refusal(Future<?> future) {
    try {
      join(future);
    } catch (CompletionException e) {
      return (Refused) Objects.requireNonNull(e.getCause());
    }
    throw new AssertionError("was answered");
  }

  @Test
  void request_answered_passesQuestionAndAnswerByReference() {
    AtomicReference<Ask> heard = new AtomicReference<>();
    Told answer = new Told(List.of("yes"));
    bus.answer(
        TALK,
        ask -> {
          heard.set(ask);
          return Future.succeededFuture(answer);
        });
    Ask question = new Ask(List.of("well?"));

    assertThat(join(bus.request(TALK, question))).isSameAs(answer);
    assertThat(heard.get()).isSameAs(question);
  }

  @Test
  void request_refused_carriesTheRefusalByReference() {
    Refused no = Refused.withoutEffect(Reason.PRECONDITION, "not now");
    bus.answer(TALK, ask -> Future.failedFuture(no));

    assertThat(refusal(bus.request(TALK, new Ask(List.of())))).isSameAs(no);
  }

  @Test
  void request_answererThrowsRefused_carriesIt() {
    Refused no = Refused.of(Reason.INVALID, "words: 0");
    bus.answer(
        TALK,
        ask -> {
          throw no;
        });

    assertThat(refusal(bus.request(TALK, new Ask(List.of())))).isSameAs(no);
  }

  @Test
  void request_answererFails_isInternalWithoutTheText() {
    bus.answer(
        TALK,
        ask -> {
          throw new IllegalStateException("secret detail");
        });
    bus.answer(TALK, "k", ask -> Future.failedFuture("secret detail"));

    for (Future<Told> asked :
        List.of(
            bus.request(TALK, new Ask(List.of())), bus.request(TALK, "k", new Ask(List.of())))) {
      Refused refused = refusal(asked);
      assertThat(refused.reason()).isEqualTo(Reason.INTERNAL);
      assertThat(refused).hasMessageNotContaining("secret");
    }
  }

  @Test
  void request_nobodyAnswers_isUnavailableWithoutEffect() {
    Refused refused = refusal(bus.request(TALK, new Ask(List.of())));

    assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(refused.withoutEffect()).isTrue();
    assertThat(refused).hasMessageContaining("test.talk");
  }

  @Test
  void request_noAnswerInTime_isDeadline() {
    Vertx other = Vertx.vertx();
    try {
      Bus impatient = new LocalBus(other, Duration.ofMillis(20));
      impatient.answer(TALK, ask -> Promise.<Told>promise().future());

      assertThat(refusal(impatient.request(TALK, new Ask(List.of()))).reason())
          .isEqualTo(Reason.DEADLINE);
    } finally {
      other.close().await();
    }
  }

  @Test
  void request_byKey_reachesTheAnswererOfThatKey() {
    bus.answer(TALK, "a", ask -> Future.succeededFuture(new Told(List.of("a"))));
    bus.answer(TALK, "b", ask -> Future.succeededFuture(new Told(List.of("b"))));

    assertThat(join(bus.request(TALK, "b", new Ask(List.of()))).words()).containsExactly("b");
    assertThat(refusal(bus.request(TALK, "c", new Ask(List.of()))).reason())
        .isEqualTo(Reason.UNAVAILABLE);
  }

  @Test
  void answer_twice_isAnErrorUntilTheFirstIsClosed() {
    Registration first = bus.answer(TALK, ask -> Future.succeededFuture(new Told(List.of("1"))));

    assertThatThrownBy(() -> bus.answer(TALK, ask -> Future.failedFuture("")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("test.talk");
    first.close();
    first.close();
    assertThat(refusal(bus.request(TALK, new Ask(List.of()))).reason())
        .isEqualTo(Reason.UNAVAILABLE);
    bus.answer(TALK, ask -> Future.succeededFuture(new Told(List.of("2"))));
    assertThat(join(bus.request(TALK, new Ask(List.of()))).words()).containsExactly("2");
  }

  @Test
  void answer_onAContext_runsOnItsThreadAndTheAnswerArrivesOnTheAskers() {
    Promise<Thread> answering = Promise.promise();
    Promise<Thread> ran = Promise.promise();
    Promise<Thread> asking = Promise.promise();
    Promise<Thread> arrived = Promise.promise();
    newContext()
        .runOnContext(
            nothing -> {
              bus.answer(
                  TALK,
                  ask -> {
                    ran.complete(Thread.currentThread());
                    return Future.succeededFuture(new Told(List.of()));
                  });
              answering.complete(Thread.currentThread());
            });
    Thread answerer = join(answering.future());
    newContext()
        .runOnContext(
            nothing -> {
              asking.complete(Thread.currentThread());
              bus.request(TALK, new Ask(List.of()))
                  .onComplete(done -> arrived.complete(Thread.currentThread()));
            });

    assertThat(join(ran.future())).isSameAs(answerer);
    assertThat(join(arrived.future())).isSameAs(join(asking.future())).isNotSameAs(answerer);
  }

  /** A context of its own on the next event loop. */
  private Context newContext() {
    return ((VertxInternal) vertx).createEventLoopContext();
  }

  @Test
  void publish_reachesEveryListenerUntilItCloses() {
    List<Told> one = new CopyOnWriteArrayList<>();
    List<Told> two = new CopyOnWriteArrayList<>();
    Registration first = bus.subscribe(NEWS, one::add);
    bus.subscribe(
        NEWS,
        told -> {
          two.add(told);
          throw new IllegalStateException("listeners may fail");
        });
    Told news = new Told(List.of("n"));

    bus.publish(NEWS, news);
    await().until(() -> one.size() == 1 && two.size() == 1);
    assertThat(one.get(0)).isSameAs(news);
    first.close();
    bus.publish(NEWS, news);
    await().until(() -> two.size() == 2);

    assertThat(one).hasSize(1);
  }

  @Test
  void publish_nobodyListens_isNothing() {
    bus.publish(NEWS, new Told(List.of()));
  }
}
