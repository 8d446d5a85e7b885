package io.trestle.sdk;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a handler throws to say what is to become of an event that it has not handled (events.md
 * 12.2). Made by {@link EventContext#retry} and {@link EventContext#reject}; has no stack.
 *
 * <p>Both work with the Trestle runtime; other runtimes treat them as any failure of a handler.
 */
public final class EventRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The longest pause: 24 h. */
  public static final Duration MAX_DELAY = Duration.ofHours(24);

  private final @Nullable Duration delay;

  private EventRefusal(String message, @Nullable Duration delay) {
    super(message, null, false, false);
    this.delay = delay;
  }

  /**
   * Again after a pause.
   *
   * @throws ValidationException if it is not 1 ms to 24 h
   */
  public static EventRefusal retry(Duration delay) {
    if (delay.compareTo(Duration.ofMillis(1)) < 0 || delay.compareTo(MAX_DELAY) > 0) {
      throw new ValidationException("delay: " + delay + " (expected: 1 ms to 24 h)");
    }
    return new EventRefusal("retry after " + delay.toMillis() + " ms", delay);
  }

  /** Never again. */
  public static EventRefusal reject(String reason) {
    return new EventRefusal(reason, null);
  }

  /** The pause before the next attempt; empty if there is to be none. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(delay);
  }
}
