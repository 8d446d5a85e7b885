package io.trestle.conversations;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What each service may do and accepts (rpc.md 2). Told as a whole per service whenever it changes,
 * before any watcher hears of the change, so that a gate keeps a read model and decides without
 * asking. Answered by the registry.
 */
public final class Policies {
  /** The policy of one service changed. */
  public static final Topic<Policy> CHANGED = new Topic<>("policies.changed", Policy.class);

  /** All that the topic would have told so far. Ask after subscribing. */
  public static final Conversation<AskAll, All> ALL =
      new Conversation<>("policies.all", AskAll.class, All.class);

  /** One service as operators see it. NOT_FOUND for an unknown one. */
  public static final Conversation<Show, Shown> SHOW =
      new Conversation<>("policies.show", Show.class, Shown.class);

  /**
   * Changes one service and answers when the gates apply it. NOT_FOUND for an unknown service or
   * peer, INVALID for a name or pattern that is none.
   */
  public static final Conversation<Change, Shown> SET =
      new Conversation<>("policies.set", Change.class, Shown.class);

  private Policies() {}

  /**
   * One service.
   *
   * @param capabilities names of the flags that are on, of all seven
   */
  public record Policy(UUID serviceId, List<String> capabilities, List<Rule> rules) {}

  /**
   * One row.
   *
   * @param direction {@code E} or {@code A}
   * @param peerServiceId null = any
   */
  public record Rule(
      String direction, String action, @Nullable UUID peerServiceId, String targetName) {}

  public record AskAll() {}

  /** Services that are not told of are as a new service is: everything is allowed. */
  public record All(List<Policy> policies) {}

  /** {@code nameOrId}: the name means the active service of that name. */
  public record Show(String nameOrId) {}

  /**
   * One service with its rows.
   *
   * @param notes what an operator should know: rows that match nothing, rules that do less than
   *     they seem to
   */
  public record Shown(
      UUID serviceId,
      String name,
      String status,
      List<String> capabilities,
      List<ShownRule> rules,
      List<String> notes) {}

  /** One row; {@code peerServiceName} is empty for any. */
  public record ShownRule(
      String direction,
      String action,
      @Nullable UUID peerServiceId,
      String peerServiceName,
      String targetName) {}

  /**
   * A change: null leaves as it is, an empty list means none.
   *
   * @param capabilities names of the flags that are on from now
   * @param actions actions whose rules are replaced
   */
  public record Change(
      String nameOrId, @Nullable List<String> capabilities, List<Replaced> actions) {}

  /**
   * All rules of one action from now.
   *
   * @param targets {@code service/name} with {@code *} for any of either; patterns for actions of
   *     events
   */
  public record Replaced(String action, List<String> targets) {}
}
