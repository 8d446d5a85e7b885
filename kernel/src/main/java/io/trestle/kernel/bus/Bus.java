package io.trestle.kernel.bus;

import io.trestle.conversations.Conversation;
import io.trestle.conversations.Topic;
import io.vertx.core.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The local event bus with types. Handlers run on the context that registered them; futures
 * complete on the context of the caller. A failed answer arrives as {@link
 * io.trestle.conversations.Refused}; no answerer at all as {@code UNAVAILABLE}.
 */
public interface Bus {
  /** Asks the one answerer of a conversation. */
  <Q extends Record, A extends Record> Future<A> request(
      Conversation<Q, A> conversation, Q question);

  /** Asks the answerer that registered under {@code key}: one stream, one shard. */
  <Q extends Record, A extends Record> Future<A> request(
      Conversation<Q, A> conversation, String key, Q question);

  /** Answers a conversation on the current context until the registration is closed. */
  <Q extends Record, A extends Record> Registration answer(
      Conversation<Q, A> conversation, Function<Q, Future<A>> answerer);

  /** Answers a conversation under a key of its own. */
  <Q extends Record, A extends Record> Registration answer(
      Conversation<Q, A> conversation, String key, Function<Q, Future<A>> answerer);

  /** Tells everybody who listens. */
  <E extends Record> void publish(Topic<E> topic, E event);

  /** Listens on the current context until the registration is closed. */
  <E extends Record> Registration subscribe(Topic<E> topic, Consumer<E> listener);

  /** Ends an answerer or a listener. Idempotent. */
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
