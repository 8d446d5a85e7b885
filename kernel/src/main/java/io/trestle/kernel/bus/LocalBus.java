package io.trestle.kernel.bus;

import io.trestle.conversations.Conversation;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Topic;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bus on the event bus of one Vert.x. Questions, answers and refusals pass by reference. An
 * answerer that fails with anything but {@link Refused} is logged here, once, and its asker sees
 * INTERNAL without the text.
 */
public final class LocalBus implements Bus {
  /** How long an asker waits. */
  public static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(LocalBus.class);

  private final Vertx vertx;
  private final DeliveryOptions options;
  private final Set<String> answered = ConcurrentHashMap.newKeySet();

  /** A bus whose askers wait for 30 s. */
  public LocalBus(Vertx vertx) {
    this(vertx, ANSWER_TIMEOUT);
  }

  /**
   * A bus; there is one for a Vert.x.
   *
   * @param answerTimeout how long an asker waits, at least 1 ms
   */
  public LocalBus(Vertx vertx, Duration answerTimeout) {
    this.vertx = vertx;
    ReferenceCodec codec = new ReferenceCodec();
    this.options =
        new DeliveryOptions()
            .setLocalOnly(true)
            .setCodecName(codec.name())
            .setSendTimeout(answerTimeout.toMillis());
    vertx.eventBus().registerCodec(codec);
  }

  @Override
  public <Q extends Record, A extends Record> Future<A> request(
      Conversation<Q, A> conversation, Q question) {
    return ask(conversation.address(), conversation.answer(), question);
  }

  @Override
  public <Q extends Record, A extends Record> Future<A> request(
      Conversation<Q, A> conversation, String key, Q question) {
    return ask(address(conversation, key), conversation.answer(), question);
  }

  @Override
  public <Q extends Record, A extends Record> Registration answer(
      Conversation<Q, A> conversation, Function<Q, Future<A>> answerer) {
    return register(conversation.address(), conversation, answerer);
  }

  @Override
  public <Q extends Record, A extends Record> Registration answer(
      Conversation<Q, A> conversation, String key, Function<Q, Future<A>> answerer) {
    return register(address(conversation, key), conversation, answerer);
  }

  @Override
  public <E extends Record> void publish(Topic<E> topic, E event) {
    vertx.eventBus().publish(topic.address(), event, options);
  }

  @Override
  public <E extends Record> Registration subscribe(Topic<E> topic, Consumer<E> listener) {
    AtomicBoolean open = new AtomicBoolean(true);
    MessageConsumer<Object> consumer = vertx.eventBus().localConsumer(topic.address());
    consumer.handler(
        message -> {
          if (open.get()) {
            listen(topic, listener, message.body());
          }
        });
    return () -> {
      if (open.getAndSet(false)) {
        end(consumer);
      }
    };
  }

  private <A extends Record> Future<A> ask(String address, Class<A> type, Record question) {
    return vertx
        .eventBus()
        .<Answer>request(address, question, options)
        .transform(
            done ->
                done.succeeded()
                    ? done.result().body().as(type)
                    : Future.failedFuture(unanswered(address, done.cause())));
  }

  private <Q extends Record, A extends Record> Registration register(
      String address, Conversation<Q, A> conversation, Function<Q, Future<A>> answerer) {
    if (!answered.add(address)) {
      throw new IllegalStateException(address + ": answered twice (expected: one answerer)");
    }
    AtomicBoolean open = new AtomicBoolean(true);
    MessageConsumer<Object> consumer = vertx.eventBus().localConsumer(address);
    consumer.handler(message -> reply(address, conversation, answerer, message));
    return () -> {
      if (open.getAndSet(false)) {
        end(consumer);
        answered.remove(address);
      }
    };
  }

  private <Q extends Record, A extends Record> void reply(
      String address,
      Conversation<Q, A> conversation,
      Function<Q, Future<A>> answerer,
      Message<Object> message) {
    decide(answerer, conversation.question().cast(message.body()))
        .onComplete(done -> message.reply(outcome(address, done.result(), done.cause()), options));
  }

  private static <Q, A> Future<A> decide(Function<Q, Future<A>> answerer, Q question) {
    try {
      return answerer.apply(question);
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(e);
    }
  }

  private static Answer outcome(
      String address, @Nullable Object answer, @Nullable Throwable failure) {
    if (answer != null) {
      return new Answer.Given(answer);
    }
    if (failure instanceof Refused refused) {
      return new Answer.No(refused);
    }
    LOG.error("answerer failed address={}", address, failure);
    return new Answer.No(Refused.of(Reason.INTERNAL, address + ": the answerer failed"));
  }

  private static Refused unanswered(String address, Throwable failure) {
    if (failure instanceof ReplyException reply) {
      return switch (reply.failureType()) {
        case NO_HANDLERS ->
            Refused.withoutEffect(
                Reason.UNAVAILABLE, address + ": nobody answers (expected: its module enabled)");
        case TIMEOUT -> Refused.of(Reason.DEADLINE, address + ": no answer in time");
        default -> Refused.of(Reason.INTERNAL, address + ": the answerer failed");
      };
    }
    return Refused.of(Reason.INTERNAL, address + ": not asked");
  }

  private static <E extends Record> void listen(Topic<E> topic, Consumer<E> listener, Object body) {
    try {
      listener.accept(topic.event().cast(body));
    } catch (RuntimeException e) {
      LOG.error("listener failed address={}", topic.address(), e);
    }
  }

  private static void end(MessageConsumer<?> consumer) {
    consumer
        .unregister()
        .onFailure(e -> LOG.debug("consumer not ended address={}", consumer.address(), e));
  }

  private static String address(Conversation<?, ?> conversation, String key) {
    return conversation.address() + "/" + key;
  }

  /**
   * What travels back: a value or a refusal, since a failed Vert.x reply carries only a number and
   * a text.
   */
  private sealed interface Answer {
    <A> Future<A> as(Class<A> type);

    record Given(Object value) implements Answer {
      @Override
      public <A> Future<A> as(Class<A> type) {
        return Future.succeededFuture(type.cast(value));
      }
    }

    record No(Refused refused) implements Answer {
      @Override
      public <A> Future<A> as(Class<A> type) {
        return Future.failedFuture(refused);
      }
    }
  }
}
