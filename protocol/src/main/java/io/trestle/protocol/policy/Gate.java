package io.trestle.protocol.policy;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Gates 3 and 3e: whether a call, a workflow start or an event may pass (docs/spec rpc 2.2). */
public final class Gate {
  private Gate() {}

  /**
   * Whether a call may pass; the target is known and active already. A service that calls itself is
   * a peer like any other.
   *
   * @return why not, or null when it may
   */
  public static @Nullable Denial call(
      CallKind kind,
      UUID caller,
      ServicePolicy callers,
      UUID target,
      ServicePolicy targets,
      String method) {
    if (!callers.can(kind.calling())) {
      return Denial.CALLER_CAPABILITY;
    }
    if (!targets.can(kind.handling())) {
      return Denial.TARGET_CAPABILITY;
    }
    if (!callers.allows(kind.egress(), target, method)) {
      return Denial.EGRESS;
    }
    return targets.allows(kind.acceptance(), caller, method) ? null : Denial.ACCEPTANCE;
  }

  /**
   * Whether an event may be published.
   *
   * @return why not, or null when it may
   */
  public static @Nullable Denial publish(ServicePolicy publisher, String event) {
    if (!publisher.can(Capability.EVENT_PUBLISH)) {
      return Denial.CALLER_CAPABILITY;
    }
    return publisher.allows(Action.EVENT_PUBLISH, event) ? null : Denial.EGRESS;
  }
}
