package io.trestle.sdk.internal.events;

import io.trestle.protocol.wire.Frames;
import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.internal.wire.EventMessages;
import io.trestle.sdk.internal.wire.EventMessages.Delivery;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the runtime is told of a delivery (events.md 6.4). */
final class Answers {
  /** The text by which the runtime knows that nothing was tried. */
  static final String OVERLOADED = "local delivery concurrency exhausted";

  private static final int MAX_TEXT = 4096;

  private Answers() {}

  /** That of handlers: what failed, or nothing did. */
  static Frames.Body of(Delivery delivery, @Nullable Throwable failure) {
    if (failure == null) {
      return EventMessages.ack(delivery);
    }
    if (failure instanceof EventRunner.NoThread) {
      return nack(delivery, OVERLOADED);
    }
    String text = cut(EventRunner.text(failure));
    if (failure instanceof EventRefusal refusal) {
      long pause = refusal.retryAfter().map(Duration::toMillis).orElse(0L);
      return EventMessages.nack(delivery, text, pause, refusal.retryAfter().isEmpty());
    }
    return nack(delivery, text);
  }

  static Frames.Body full(Delivery delivery) {
    return nack(delivery, OVERLOADED);
  }

  static Frames.Body withoutEnvelope(Delivery delivery) {
    return nack(delivery, "missing envelope");
  }

  static Frames.Body withoutHandler(Delivery delivery) {
    List<String> patterns = delivery.matchedPatterns();
    String names = String.join(", ", patterns);
    return nack(delivery, cut("no handler for matched patterns [" + names + "]"));
  }

  private static Frames.Body nack(Delivery delivery, String text) {
    return EventMessages.nack(delivery, text, 0, false);
  }

  private static String cut(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
  }
}
