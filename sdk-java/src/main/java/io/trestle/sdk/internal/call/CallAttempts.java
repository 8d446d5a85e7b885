package io.trestle.sdk.internal.call;

import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what follows a failed attempt of one call (rpc.md 4.1).
 *
 * <p>The one invariant: an attempt is followed by another only if it is <em>proven</em> that no
 * handler ran. Proof is that nobody could be chosen, that the connection never became ready, or
 * that the other end says so. A status alone is none, and neither is an idempotency key.
 *
 * <p>With transport {@code AUTO} the first proven failure of the direct way moves the call to the
 * proxy, for good and without a pause; the instance is remembered, so that the runtime tries others
 * first. Every other repetition waits: the pauses grow by a factor up to a bound and are spread by
 * jitter. A pause that would not end before the deadline is not begun; the call then ends with its
 * last failure, which tells more than a timeout would.
 */
final class CallAttempts {
  private final Transport transport;
  private final RetryPolicy policy;
  private final List<String> excluded = new ArrayList<>(0);
  private int attempt;
  private boolean proxy;

  /** A failed attempt. */
  sealed interface Failure {
    /** What to tell the application. */
    ServiceBridgeException error();

    /** It may have reached a handler, or its outcome is final anyway. */
    record Final(ServiceBridgeException error) implements Failure {}

    /**
     * It reached no handler.
     *
     * @param directInstance the instance, if one was tried directly
     */
    record Undispatched(ServiceBridgeException error, @Nullable String directInstance)
        implements Failure {}
  }

  /** What to do. */
  sealed interface Next {
    /** Try again after a pause, which may be zero. */
    record Again(Duration pause) implements Next {}

    /** Tell the application. */
    record GiveUp(ServiceBridgeException error) implements Next {}
  }

  CallAttempts(Transport transport, RetryPolicy policy) {
    this.transport = transport;
    this.policy = policy;
    this.proxy = transport == Transport.PROXY;
  }

  /** Whether the attempt goes through the runtime. */
  boolean proxy() {
    return proxy;
  }

  /** The number of the attempt, from 0. */
  int attempt() {
    return attempt;
  }

  /** Instances that refused or could not be reached: others come first. */
  List<String> excluded() {
    return excluded;
  }

  /**
   * Decides.
   *
   * @param remaining the time left of the call
   * @param random 0 to 1, for the jitter
   */
  Next after(Failure failure, Duration remaining, double random) {
    if (!(failure instanceof Failure.Undispatched undispatched)
        || attempt + 1 >= policy.maxAttempts()
        || remaining.isZero()
        || remaining.isNegative()) {
      return new Next.GiveUp(failure.error());
    }
    attempt++;
    String refusing = undispatched.directInstance();
    if (refusing != null) {
      excluded.add(refusing);
    }
    if (transport == Transport.AUTO && !proxy && refusing != null) {
      proxy = true;
      return new Next.Again(Duration.ZERO);
    }
    Duration pause = pause(random);
    return pause.compareTo(remaining) < 0
        ? new Next.Again(pause)
        : new Next.GiveUp(failure.error());
  }

  private Duration pause(double random) {
    double base = (double) policy.baseDelay().toNanos() * Math.pow(policy.factor(), attempt - 1.0);
    double bounded = Math.min(base, (double) policy.maxDelay().toNanos());
    double spread = 1 - policy.jitter() + 2 * policy.jitter() * random;
    return Duration.ofNanos((long) (bounded * spread));
  }
}
