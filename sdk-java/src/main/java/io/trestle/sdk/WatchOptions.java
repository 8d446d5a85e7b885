package io.trestle.sdk;

/**
 * What of a trace is watched.
 *
 * @param key the lane; empty for all
 * @param fromSequence the first place that is wanted; 0 and 1 are the beginning
 */
public record WatchOptions(String key, long fromSequence) {
  /** Everything from the beginning. */
  public static final WatchOptions ALL = new WatchOptions("", 0);

  /**
   * Checks the place.
   *
   * @throws ValidationException if it is negative
   */
  public WatchOptions {
    if (fromSequence < 0) {
      throw new ValidationException("fromSequence: " + fromSequence + " (expected: 0 or more)");
    }
  }

  /** One lane from the beginning. */
  public static WatchOptions of(String key) {
    return new WatchOptions(key, 0);
  }

  /** What comes after a place: that of the last item that was seen. */
  public WatchOptions after(long sequence) {
    return new WatchOptions(key, sequence + 1);
  }
}
