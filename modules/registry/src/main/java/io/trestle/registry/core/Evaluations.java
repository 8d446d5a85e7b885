package io.trestle.registry.core;

import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.conversations.Registrations.Violation;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Direction;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The evaluation that a watcher is sent: flags and rules of its service, warnings of its own
 * declaration. What does not depend on the declaration is made once per change and shared, so that
 * an unchanged evaluation is mostly the same object.
 *
 * <p>Egress, acceptance and warnings have 320 KiB each of a message, together less than rows leave.
 * More rules than that are not sent, which can only close more; all of them count here.
 */
final class Evaluations {
  private static final long MAX_BYTES = 320 << 10;

  private final Directory directory;
  private final PolicyBook policies;
  private final Map<UUID, Policy> withoutWarnings = new HashMap<>();

  Evaluations(Directory directory, PolicyBook policies) {
    this.directory = directory;
    this.policies = policies;
  }

  /** Something that the evaluation of the service shows has changed. */
  void forget(UUID service) {
    withoutWarnings.remove(service);
  }

  Policy of(Entry watcher) {
    UUID service = watcher.serviceId;
    Policy plain = withoutWarnings.computeIfAbsent(service, this::plain);
    Declaration declaration = watcher.declaration();
    List<Violation> warnings =
        declaration == null
            ? List.of()
            : fitting(Warnings.of(directory, policies, service, declaration), Sizes::of);
    return warnings.isEmpty()
        ? plain
        : new Policy(plain.capabilities(), plain.egress(), plain.acceptance(), warnings);
  }

  private Policy plain(UUID service) {
    ServicePolicy policy = policies.of(service);
    return new Policy(
        Handling.flags(policy).stream().map(Capability::text).toList(),
        rows(policy, Direction.EGRESS),
        rows(policy, Direction.ACCEPTANCE),
        List.of());
  }

  private List<Registrations.Rule> rows(ServicePolicy policy, Direction direction) {
    List<Registrations.Rule> rows =
        policy.rules().stream()
            .filter(rule -> rule.action().direction() == direction)
            .map(this::row)
            .toList();
    return fitting(rows, Sizes::of);
  }

  private Registrations.Rule row(Rule rule) {
    UUID peer = rule.peer();
    return new Registrations.Rule(rule.action().text(), peer, name(peer), rule.target());
  }

  private String name(@Nullable UUID peer) {
    return peer == null ? "" : directory.name(peer);
  }

  private static <T> List<T> fitting(List<T> rows, ToLongFunction<T> size) {
    long used = 0;
    List<T> fitting = new ArrayList<>();
    for (T row : rows) {
      used += size.applyAsLong(row);
      if (used > MAX_BYTES) {
        return List.copyOf(fitting);
      }
      fitting.add(row);
    }
    return rows;
  }
}
