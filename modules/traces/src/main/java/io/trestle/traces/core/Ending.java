package io.trestle.traces.core;

/**
 * When a stream has ended (events.md 12.3): its root ended, and no writer has been open for 5 s.
 * Writers that lost their way to the runtime come back within that time. A stream that was written
 * to, whose writers are all gone and whose end nobody told, is abandoned after a longer time.
 */
public final class Ending {
  /** How long nobody may be writing before a stream that was told to end has ended. */
  public static final long QUIET_MILLIS = 5_000;

  /** The status of a stream whose end nobody told. */
  public static final String ABANDONED = "abandoned";

  private Ending() {}

  /** What is known of a stream. */
  public sealed interface Verdict {
    /** It ended so. */
    record Complete(String status) implements Verdict {}

    /** It ends then, if nothing happens before. */
    record At(long millis) implements Verdict {}

    /** Somebody must do something first. */
    record Open() implements Verdict {}
  }

  /**
   * Judges a stream.
   *
   * @param status the newest end that was told; empty for none
   * @param written whether it has any entry
   * @param writers how many are open
   * @param quietSince when the last one left, or the newest entry came, or this process began
   * @param abandonedAfter how long a stream without end waits for a writer
   */
  public static Verdict judge(
      long now, String status, boolean written, int writers, long quietSince, long abandonedAfter) {
    if (writers > 0 || (status.isEmpty() && !written)) {
      return new Verdict.Open();
    }
    long wait = status.isEmpty() ? Math.max(abandonedAfter, QUIET_MILLIS) : QUIET_MILLIS;
    if (now - quietSince < wait) {
      return new Verdict.At(quietSince + wait);
    }
    return new Verdict.Complete(status.isEmpty() ? ABANDONED : status);
  }
}
