package io.trestle.sdk.internal.session;

import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.BridgeEvent.PolicyViolation;
import io.trestle.sdk.internal.registry.PolicyView;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells of declarations that the policy does not cover, and whether they end the bridge. */
final class PolicyJudge {
  private final Consumer<? super PolicyViolation> listeners;
  private final boolean fatal;

  PolicyJudge(Consumer<? super PolicyViolation> listeners, boolean fatal) {
    this.listeners = listeners;
    this.fatal = fatal;
  }

  /** Tells of all warnings of a policy; returns the verdict, or null to go on. */
  @Nullable SessionFailure judge(@Nullable PolicyView policy) {
    List<PolicyViolation> warnings = policy == null ? List.of() : policy.evaluation().warnings();
    warnings.forEach(listeners);
    if (!fatal || warnings.isEmpty()) {
      return null;
    }
    String text =
        warnings.stream()
            .map(w -> w.declaration() + " " + w.value() + " (" + w.denySide() + ")")
            .collect(Collectors.joining(", ", "policy violations on start: ", ""));
    return SessionFailure.fatal(new AccessDeniedException(text));
  }
}
