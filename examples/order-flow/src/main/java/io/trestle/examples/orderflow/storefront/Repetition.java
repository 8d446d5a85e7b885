package io.trestle.examples.orderflow.storefront;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What the application does when a call fails.
 *
 * <p>The SDK repeats a call by itself only on proof that no handler ran. What reaches us is the
 * rest: a connection that broke under a request, a time that ran out, nobody there for longer than
 * the SDK waited. In the first two the handler may or may not have done its work, and nobody but
 * the application can know whether asking again does harm. Here it does none: every request carries
 * the order id and the services do a thing once for an order. So we ask again, at growing pauses,
 * until the outcome is known or the patience is over.
 *
 * <p>An answer with a business code is an outcome and final. The code {@code INTERNAL} is not: the
 * handler broke, and may have broken after its work.
 */
final class Repetition {
  private final Duration patience;
  private final LongSupplier nanoTime;
  private final Pause pause;

  /** Waits; a seam for tests. */
  @FunctionalInterface
  interface Pause {
    void of(Duration duration) throws InterruptedException;
  }

  /** A call of one order to one method. */
  @FunctionalInterface
  interface Call<R> {
    R once();
  }

  /** Hears of every repetition. */
  @FunctionalInterface
  interface Listener {
    void repeating(ServiceBridgeException because);
  }

  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  Repetition(Duration patience) {
    this(patience, System::nanoTime, duration -> Thread.sleep(duration.toMillis()));
  }

  Repetition(Duration patience, LongSupplier nanoTime, Pause pause) {
    this.patience = patience;
    this.nanoTime = nanoTime;
    this.pause = pause;
  }

  /**
   * Calls until the outcome is known.
   *
   * @throws ServiceBridgeException what is final, or the last failure when the patience is over
   */
  <R> R untilKnown(Call<R> call, Listener listener) {
    long end = nanoTime.getAsLong() + patience.toNanos();
    Duration wait = FIRST_PAUSE;
    while (true) {
      try {
        return call.once();
      } catch (ServiceBridgeException e) {
        if (isFinal(e) || nanoTime.getAsLong() + wait.toNanos() >= end) {
          throw e;
        }
        rest(wait, e);
        listener.repeating(e);
        wait = longer(wait);
      }
    }
  }

  /** Whether the outcome is known, or asking again cannot change it. */
  static boolean isFinal(ServiceBridgeException e) {
    if (e instanceof HandlerException answer) {
      return !answer.handlerCode().equals(HandlerException.INTERNAL);
    }
    return switch (e.code()) {
      case CONNECTION, TIMEOUT, NO_LIVE_INSTANCE, OVERLOADED, INTERNAL -> false;
      default -> true;
    };
  }

  private static Duration longer(Duration wait) {
    Duration twice = wait.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
  }

  private void rest(Duration wait, ServiceBridgeException because) {
    try {
      pause.of(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServiceBridgeException(ErrorCode.CANCELLED, "interrupted", because);
    }
  }
}
