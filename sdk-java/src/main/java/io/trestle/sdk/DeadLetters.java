package io.trestle.sdk;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The events that this service, as a consumer, could not handle (events.md 10). They are kept for
 * 30 days by default. Any thread.
 */
public interface DeadLetters {

  /**
   * One of them.
   *
   * @param eventId the id of the event
   * @param eventName its name
   * @param reason {@code max_attempts}, {@code rejected}, {@code orphaned_pattern} or {@code
   *     subscriber_unavailable}
   * @param lastError what a handler said last
   * @param at when it was given up
   * @param attempts how often handlers were tried, over all replays
   * @param replays how often it was sent again
   */
  record DeadLetter(
      String eventId,
      String eventName,
      String reason,
      String lastError,
      Instant at,
      int attempts,
      int replays) {}

  /**
   * A page of them, newest first.
   *
   * @param next where the next page begins; empty after the last one
   */
  record Page(List<DeadLetter> entries, String next) {
    /** Copies the list. */
    public Page {
      entries = List.copyOf(entries);
    }
  }

  /** The first page, of at most 50. */
  default Page list() {
    return list(50, "");
  }

  /**
   * A page. Not on an event loop.
   *
   * @param limit 1 to 500; the runtime makes 50 of less and 500 of more
   * @param cursor {@link Page#next} of the page before; empty for the first one
   * @throws ValidationException if the cursor is none
   * @throws ServiceBridgeException otherwise, by its code
   */
  Page list(int limit, String cursor);

  /** The same without waiting. The future completes on an event loop. */
  CompletableFuture<Page> listAsync(int limit, String cursor);

  /**
   * Sends an event again to this service alone, as a first attempt; it leaves the list. Not on an
   * event loop.
   *
   * @return the id of the event
   * @throws ValidationException if it is no id, or no subscription matches any more
   * @throws ServiceBridgeException {@code NOT_FOUND} if there is no such dead letter; otherwise by
   *     its code
   */
  String replay(String eventId);

  /** The same without waiting. The future completes on an event loop. */
  CompletableFuture<String> replayAsync(String eventId);
}
