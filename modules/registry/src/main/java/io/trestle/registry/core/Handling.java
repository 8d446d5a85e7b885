package io.trestle.registry.core;

import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.protocol.policy.CallKind;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Gate 1: which handlers a service may have (rpc.md 2.2), and what declarations mean to gates. */
public final class Handling {
  private static final List<Capability> OF_HANDLERS =
      Arrays.stream(Capability.values()).filter(Capability::isHandling).toList();

  private Handling() {}

  /** The capability that a handler of this type needs; none for HTTP, which is not ours to gate. */
  static Optional<Capability> capability(int type) {
    return switch (type) {
      case Declarations.RPC -> Optional.of(Capability.RPC_HANDLE);
      case Declarations.WORKFLOW -> Optional.of(Capability.WORKFLOW_HANDLE);
      case Declarations.JOB -> Optional.of(Capability.JOB_HANDLE);
      default -> Optional.empty();
    };
  }

  /** What an outgoing dependency of this type asks for; nothing for HTTP. */
  static Optional<CallKind> kind(int type) {
    return switch (type) {
      case Declarations.RPC -> Optional.of(CallKind.RPC);
      case Declarations.WORKFLOW -> Optional.of(CallKind.WORKFLOW);
      default -> Optional.empty();
    };
  }

  static boolean permits(ServicePolicy policy, int type) {
    return capability(type).map(policy::can).orElse(true);
  }

  /** The declaration without the handlers whose capability is off. */
  public static Declaration permitted(ServicePolicy policy, Declaration d) {
    return d.incoming().stream().allMatch(m -> permits(policy, m.type()))
        ? d
        : new Declaration(
            d.incoming().stream().filter(m -> permits(policy, m.type())).toList(),
            d.published(),
            d.outgoing(),
            d.subscriptions(),
            d.callEndpoint(),
            d.httpEndpoint());
  }

  /** The flags of handlers that are on. */
  public static List<Capability> flags(ServicePolicy policy) {
    return OF_HANDLERS.stream().filter(policy::can).toList();
  }

  /** Whether all four are. */
  public static boolean isUnrestricted(ServicePolicy policy) {
    return flags(policy).size() == OF_HANDLERS.size();
  }
}
