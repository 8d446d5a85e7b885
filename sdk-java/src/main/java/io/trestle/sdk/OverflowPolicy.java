package io.trestle.sdk;

/**
 * What happens to a publish while as many events wait as may wait (events.md 3.3). Nothing is
 * dropped silently: whose publish is dropped hears {@code QUEUE_FULL}.
 */
public enum OverflowPolicy {
  /** The publish fails with {@code QUEUE_FULL}; one that is fire and forget, too. */
  ERROR,
  /**
   * The publishing thread waits for a place, at most the publish timeout. On an event loop, which
   * must not wait, as {@link #ERROR}.
   */
  BLOCK,
  /**
   * The oldest event that is not just being sent is dropped for the new one. While more events
   * arrive in one moment than may wait, as {@link #ERROR}.
   */
  DROP_OLDEST,
  /** The new event is dropped. One that is fire and forget gets an id all the same. */
  DROP_NEWEST
}
