package io.trestle.conversations;

import java.util.List;
import java.util.UUID;

/**
 * What can be called: for each service the methods that its live instances offer. Told as a whole
 * per service whenever it changes, so that a proxy keeps a read model and chooses without asking.
 * Contributed by the registry; other modules may contribute services of their own.
 */
public final class Callables {
  /** The callables of one service changed. */
  public static final Topic<Offer> OFFER = new Topic<>("callables.offer", Offer.class);

  /** All that the topic would have told so far. Ask after subscribing. */
  public static final Conversation<AskAll, All> ALL =
      new Conversation<>("callables.all", AskAll.class, All.class);

  /** Outcomes of calls, gathered by the proxy, which feed the health of instances. */
  public static final Topic<Outcomes> OUTCOMES = new Topic<>("callables.outcomes", Outcomes.class);

  private Callables() {}

  /** One service: {@code active} false means unknown to callers. */
  public record Offer(UUID serviceId, String name, boolean active, List<Instance> instances) {}

  /**
   * One live instance with an endpoint.
   *
   * @param unhealthySinceMillis start of the current unhealthy window, 0 = healthy
   */
  public record Instance(
      UUID instanceId, String callEndpoint, long unhealthySinceMillis, List<Method> methods) {}

  /** One method; the hash is compared as text. */
  public record Method(String name, String contractHash, boolean streaming) {}

  public record AskAll() {}

  public record All(List<Offer> offers) {}

  /** Since the last report. */
  public record Outcomes(List<Outcome> outcomes) {}

  /** Counts of one instance: failures are those of rpc.md 4.4. */
  public record Outcome(UUID instanceId, int successes, int failures) {}
}
