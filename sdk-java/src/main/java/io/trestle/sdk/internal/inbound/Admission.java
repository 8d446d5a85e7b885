package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.internal.registry.PolicyView;
import io.trestle.sdk.internal.registry.Revocations;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may call (rpc.md 5.4, rows 1 to 5). The order is observable and therefore fixed: what passes
 * by itself (draining, not ready) comes first and carries the proof that nothing ran, so that the
 * caller goes elsewhere; verdicts come after it and carry none.
 *
 * <p>The peer is the certificate. Only the runtime may speak for another service, which it has
 * checked itself: its calls pass the acceptance rules, but a revoked service stays refused.
 */
final class Admission {
  private Admission() {}

  /** The verdict. */
  sealed interface Verdict {
    /**
     * Come in.
     *
     * @param instanceId empty if the runtime calls for the service
     */
    record Admitted(String serviceId, String instanceId) implements Verdict {}

    /** Stay out. */
    record Refused(CallStatus status) implements Verdict {}
  }

  static final CallStatus DRAINING = new CallStatus(StatusCode.UNAVAILABLE, "draining", true);
  static final CallStatus NOT_READY = new CallStatus(StatusCode.UNAVAILABLE, "not ready", true);
  static final CallStatus OVERLOADED =
      new CallStatus(StatusCode.RESOURCE_EXHAUSTED, "server overloaded", true);

  /**
   * Judges a caller that has said nothing yet: whom it calls for, if it is the runtime, and what,
   * is not known.
   *
   * @param draining whether this instance leaves
   * @param policy what the runtime pushed; null before the first snapshot
   * @param peer who the certificate names
   */
  static Verdict door(
      boolean draining,
      @Nullable PolicyView policy,
      Optional<SpiffeId> peer,
      Revocations revocations) {
    if (draining) {
      return new Verdict.Refused(DRAINING);
    }
    if (policy == null) {
      return new Verdict.Refused(NOT_READY);
    }
    SpiffeId id = peer.orElse(null);
    if (id == null) {
      return refuse(StatusCode.UNAUTHENTICATED, "the certificate names nobody");
    }
    return id instanceof SpiffeId.Service s
        ? known(s.serviceId(), s.instanceId(), revocations)
        : new Verdict.Admitted("", "");
  }

  /**
   * Judges a call.
   *
   * @param claimedService whom the runtime says it calls for
   */
  static Verdict judge(
      boolean draining,
      @Nullable PolicyView policy,
      Optional<SpiffeId> peer,
      String claimedService,
      Revocations revocations,
      String method) {
    Verdict verdict = door(draining, policy, peer, revocations);
    if (!(verdict instanceof Verdict.Admitted caller) || policy == null) {
      return verdict;
    }
    boolean runtime = peer.orElse(null) instanceof SpiffeId.RuntimeId;
    if (runtime) {
      return known(claimedService, "", revocations);
    }
    // A caller with an old view may come after the capability went and the rules with it.
    if (!policy.handlesCalls()) {
      return refuse(
          StatusCode.PERMISSION_DENIED,
          "access denied: capability: this service does not handle rpc");
    }
    String service = caller.serviceId();
    if (!policy.accepts(service, method)) {
      return refuse(
          StatusCode.PERMISSION_DENIED,
          "acceptance denied: " + service + " may not call " + method);
    }
    return verdict;
  }

  private static Verdict known(String service, String instance, Revocations revocations) {
    return revocations.revoked(service, instance)
        ? refuse(StatusCode.PERMISSION_DENIED, "access revoked: " + service)
        : new Verdict.Admitted(service, instance);
  }

  private static Verdict refuse(StatusCode code, String message) {
    return new Verdict.Refused(CallStatus.of(code, message));
  }
}
