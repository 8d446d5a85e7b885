package io.trestle.registry.core;

import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Outgoing;
import io.trestle.conversations.Registrations.Violation;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.CallKind;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Denial;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Gates 1 and 2: what of a declaration its service's policy, or that of a peer, does not cover
 * (rpc.md 2.4). One warning per declaration at most, of the first check that fails, in the order of
 * the gates. A dependency on every method violates only if no rule could let any method through.
 */
final class Warnings {
  private static final String CAPABILITY = "capability";
  private static final String SELF_EGRESS = "self_egress";
  private static final String SELF_ACCEPTANCE = "self_acceptance";
  private static final String PEER_ACCEPTANCE = "peer_acceptance";

  private final Directory directory;
  private final PolicyBook policies;
  private final UUID self;
  private final ServicePolicy own;
  private final String name;
  private final List<Violation> found = new ArrayList<>();

  private Warnings(Directory directory, PolicyBook policies, UUID self) {
    this.directory = directory;
    this.policies = policies;
    this.self = self;
    this.own = policies.of(self);
    this.name = directory.name(self);
  }

  static List<Violation> of(
      Directory directory, PolicyBook policies, UUID self, Declaration declaration) {
    Warnings warnings = new Warnings(directory, policies, self);
    declaration.incoming().forEach(m -> warnings.handler(m.type(), m.name()));
    declaration.subscriptions().forEach(s -> warnings.subscription(s.pattern()));
    declaration.outgoing().forEach(warnings::outgoing);
    declaration.published().stream().map(p -> p.name()).distinct().forEach(warnings::published);
    return List.copyOf(warnings.found);
  }

  private void handler(int type, String method) {
    Handling.capability(type)
        .filter(capability -> !own.can(capability))
        .ifPresent(capability -> off(capability, method));
  }

  private void off(Capability capability, String value) {
    add(
        capability.text(),
        value,
        CAPABILITY,
        "access denied: capability: " + name + " may not " + capability.text());
  }

  private void subscription(String pattern) {
    if (!own.can(Capability.EVENT_HANDLE)) {
      off(Capability.EVENT_HANDLE, pattern);
    } else if (!covers(Action.EVENT_HANDLE, pattern)) {
      String reason =
          "access denied: acceptance: no event.handle rule of " + name + " contains " + pattern;
      add(Action.EVENT_HANDLE.text(), pattern, SELF_ACCEPTANCE, reason);
    }
  }

  private void published(String event) {
    if (!own.can(Capability.EVENT_PUBLISH)) {
      off(Capability.EVENT_PUBLISH, event);
    } else if (!covers(Action.EVENT_PUBLISH, event)) {
      add(Action.EVENT_PUBLISH.text(), event, SELF_EGRESS, Denial.EGRESS.text(name, event));
    }
  }

  private boolean covers(Action action, String pattern) {
    return own.isOpen(action) || own.covers(action, EventPattern.parse(pattern));
  }

  private void outgoing(Outgoing wanted) {
    Handling.kind(wanted.type()).ifPresent(kind -> outgoing(kind, wanted));
  }

  private void outgoing(CallKind kind, Outgoing wanted) {
    Denial denial = denial(kind, directory.activeByName(wanted.serviceName()), wanted.methodName());
    if (denial != null) {
      add(
          kind.egress().text(),
          wanted.serviceName() + "/" + wanted.methodName(),
          side(denial),
          denial.text(kind, name, wanted.serviceName(), wanted.methodName()));
    }
  }

  /** An unknown peer is tested against the own side only. */
  private @Nullable Denial denial(CallKind kind, @Nullable UUID peer, String method) {
    if (!own.can(kind.calling())) {
      return Denial.CALLER_CAPABILITY;
    }
    if (!allows(own, kind.egress(), peer, method)) {
      return Denial.EGRESS;
    }
    if (peer == null) {
      return null;
    }
    ServicePolicy theirs = policies.of(peer);
    if (!theirs.can(kind.handling())) {
      return Denial.TARGET_CAPABILITY;
    }
    return allows(theirs, kind.acceptance(), self, method) ? null : Denial.ACCEPTANCE;
  }

  private static boolean allows(
      ServicePolicy policy, Action action, @Nullable UUID peer, String method) {
    return method.equals(Rule.ANY)
        ? policy.allowsSome(action, peer)
        : policy.allows(action, peer, method);
  }

  private static String side(Denial denial) {
    return switch (denial) {
      case CALLER_CAPABILITY -> CAPABILITY;
      case EGRESS -> SELF_EGRESS;
      case TARGET_CAPABILITY, ACCEPTANCE -> PEER_ACCEPTANCE;
    };
  }

  private void add(String declaration, String value, String side, String reason) {
    found.add(new Violation(declaration, value, side, reason));
  }
}
