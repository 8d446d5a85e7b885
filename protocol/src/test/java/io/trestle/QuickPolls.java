package io.trestle;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.pollinterval.PollInterval;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What a test awaits is mostly there within milliseconds, so it is looked for often at first and
 * every tenth of a second in the end; Awaitility's own rhythm is that from the beginning. How long
 * a test waits at most stays as it says; where it says nothing, a minute, since tests run beside
 * others. And what some other test's event loop throws while it closes is no failure of the one
 * that waits. Found by Jupiter itself, in every module whose tests see this one's.
 */
public final class QuickPolls implements BeforeAllCallback {
  private static final PollInterval GROWING =
      (count, previous) -> Duration.ofMillis(Math.min(2L * count, 100));

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(PATIENCE);
    Awaitility.setDefaultPollDelay(Duration.ofMillis(1));
    Awaitility.setDefaultPollInterval(GROWING);
    Awaitility.doNotCatchUncaughtExceptionsByDefault();
  }
}
