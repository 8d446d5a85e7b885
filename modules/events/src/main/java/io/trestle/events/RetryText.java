package io.trestle.events;

import io.trestle.events.core.RetryRule;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The retry policy of a subscription as its registration has it; checked there. */
final class RetryText {
  private static final Logger LOG = LoggerFactory.getLogger(RetryText.class);

  private RetryText() {}

  /** Null for none, and for one that was edited by hand until it is none. */
  static @Nullable RetryRule parse(String text) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      JsonObject json = new JsonObject(text);
      RetryRule usual = RetryRule.DEFAULT;
      return new RetryRule(
          json.getInteger("maxAttempts", usual.maxAttempts()),
          json.getLong("baseDelayMs", usual.baseMillis()),
          json.getDouble("factor", usual.factor()),
          json.getLong("maxDelayMs", usual.maxMillis()),
          json.getDouble("jitter", usual.jitter()));
    } catch (DecodeException | ClassCastException e) {
      LOG.warn("retry policy ignored text={}", text);
      return null;
    }
  }
}
