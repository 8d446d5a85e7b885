package io.trestle.conversations;

import io.trestle.conversations.Declarations.Subscription;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Who consumes events: for each service the subscriptions of its live instances. Told as a whole
 * per service whenever it changes, so that the events module keeps a read model. Contributed by the
 * registry.
 */
public final class Subscribers {
  /**
   * A registration was stored: this is its service from now on. Asked before the snapshot of that
   * registration is sent, so that what is published after it reaches the new subscriptions
   * (events.md 4.3). Answered by whoever contributed a {@link Keeper}.
   */
  public static final Conversation<Subscriber, Applied> APPLY =
      new Conversation<>("subscribers.apply", Subscriber.class, Applied.class);

  /** Anything else changed: a session began or ended, an instance drains, a service was revoked. */
  public static final Topic<Subscriber> CHANGED =
      new Topic<>("subscribers.changed", Subscriber.class);

  /** All that would have been told so far. Ask after subscribing. */
  public static final Conversation<AskAll, All> ALL =
      new Conversation<>("subscribers.all", AskAll.class, All.class);

  private Subscribers() {}

  /** Contributed by the module that answers {@link #APPLY}; without one nobody is asked. */
  public record Keeper(String module) {}

  /**
   * One service. What it may consume is not looked at here: the capability {@code event.handle} and
   * the rules of its policy are the business of the events module, which keeps what waits while
   * they are off (events.md 4.7).
   *
   * @param active false when it is revoked
   * @param instances those that registered and whose session has not ended (events.md 4.5), also
   *     without subscriptions; nobody while the service is away
   */
  public record Subscriber(UUID serviceId, String name, boolean active, List<Instance> instances) {}

  /**
   * One live instance.
   *
   * @param session whether its control session is open
   * @param draining whether its registration went from a call endpoint to none
   * @param registration rises with each registration of the instance
   * @param published names of the events that it declared to publish
   */
  public record Instance(
      UUID instanceId,
      boolean session,
      boolean draining,
      long registration,
      List<Subscription> subscriptions,
      Set<String> published) {}

  public record Applied() {}

  public record AskAll() {}

  public record All(List<Subscriber> subscribers) {}
}
