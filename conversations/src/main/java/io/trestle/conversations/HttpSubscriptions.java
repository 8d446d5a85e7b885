package io.trestle.conversations;

import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Heard;
import java.util.List;
import java.util.UUID;

/**
 * Consumers that fetch their events over HTTP instead of keeping a stream open. Each belongs to a
 * service and has a name; it is a consumer of its own beside the service. Answered by the events
 * module. NOT_FOUND for a name that the service does not have.
 */
public final class HttpSubscriptions {
  /**
   * Makes or changes one; answered after the commit. INVALID for what is out of bounds, DENIED
   * while the service may not handle events, PRECONDITION when it has too many.
   */
  public static final Conversation<Put, Kept> PUT =
      new Conversation<>("events.http.put", Put.class, Kept.class);

  /** One of them, or all of a service by name. */
  public static final Conversation<Ask, All> GET =
      new Conversation<>("events.http.get", Ask.class, All.class);

  /** Takes one away; what waits for it becomes dead letters. */
  public static final Conversation<Named, Heard> DELETE =
      new Conversation<>("events.http.delete", Named.class, Heard.class);

  /**
   * Waits for events; answered with none when the time is over. OVERLOADED when too many wait,
   * UNAUTHENTICATED when the token or the service is revoked meanwhile, NOT_FOUND when the
   * subscription is deleted, UNAVAILABLE when the runtime stops.
   */
  public static final Conversation<Pull, Pulled> PULL =
      new Conversation<>("events.http.pull", Pull.class, Pulled.class);

  /** Whoever asked is gone, before it was answered. */
  public static final Conversation<Leave, Heard> LEAVE =
      new Conversation<>("events.http.leave", Leave.class, Heard.class);

  /** What was pulled could not be written: as if it had not been handed out. */
  public static final Conversation<Settle, Heard> UNSENT =
      new Conversation<>("events.http.unsent", Settle.class, Heard.class);

  /** What became of deliveries. */
  public static final Conversation<Settle, Settled> SETTLE =
      new Conversation<>("events.http.settle", Settle.class, Settled.class);

  private HttpSubscriptions() {}

  /**
   * What a subscription is.
   *
   * @param patterns at least one
   * @param filter empty passes all
   * @param maxInFlight deliveries that are out at a time
   * @param leaseMillis how long one may stay unanswered; 0 = the setting of the runtime
   * @param maxAttempts 0 = the setting of the runtime
   * @param retryMillis pauses before the second and later attempts; empty = those of the runtime
   */
  public record Definition(
      List<String> patterns,
      String filter,
      int maxInFlight,
      long leaseMillis,
      int maxAttempts,
      List<Long> retryMillis) {}

  public record Put(UUID serviceId, String name, Definition definition) {}

  public record Kept(Subscription subscription, boolean created) {}

  /** {@code name} is empty for all. */
  public record Ask(UUID serviceId, String name) {}

  public record All(List<Subscription> subscriptions) {}

  public record Named(UUID serviceId, String name) {}

  /** One of them as it stands. */
  public record Subscription(
      String name, Definition definition, long pending, int inFlight, long deadLetters) {}

  /**
   * One request that waits.
   *
   * @param poll the key for {@link #LEAVE}
   * @param token the token that it showed; it ends when that is revoked
   */
  public record Pull(
      UUID poll, UUID token, UUID serviceId, String name, int max, long waitMillis) {}

  public record Pulled(List<Taken> deliveries) {}

  /**
   * One attempt.
   *
   * @param token what is to be shown with the answer
   * @param publisher name of the publishing service
   */
  public record Taken(UUID delivery, String token, int attempt, String publisher, Event event) {}

  public record Leave(UUID serviceId, String name, UUID poll) {}

  public record Settle(UUID serviceId, String name, List<Answer> answers) {}

  /** Whether each counted, in order; what did not was answered before, or its lease is over. */
  public record Settled(List<Boolean> counted) {}
}
