package io.trestle.conversations;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Durable events as operators handle them: who consumes and how far they are, dead letters of
 * everybody, publishing in the name of a service, watching. Answered by the events module. Where a
 * service is named, its name means the active service of that name, else any that had it; the id is
 * taken as well. NOT_FOUND for an unknown one, INVALID for a bad pattern, filter, reason or cursor.
 */
public final class EventAdmin {
  /** The instance in whose name operators publish; no certificate ever has it. */
  public static final UUID OPERATOR = new UUID(0x7000L, 0x8000_0000_0000_0001L);

  /** Letters that one question lists, replays or drops at most. */
  public static final int MAX_LETTERS = 500;

  /** Consumers with what they subscribe to, by service and group. */
  public static final Conversation<OfService, Consumers> CONSUMERS =
      new Conversation<>("events.admin.consumers", OfService.class, Consumers.class);

  /** How far consumers are, by service and group. */
  public static final Conversation<AskLag, Lags> LAG =
      new Conversation<>("events.admin.lag", AskLag.class, Lags.class);

  /** Dead letters of all consumers, newest first. */
  public static final Conversation<ListLetters, Letters> LETTERS =
      new Conversation<>("events.admin.letters", ListLetters.class, Letters.class);

  /** One dead letter with its event. PRECONDITION when the id means several. */
  public static final Conversation<ShowLetter, Shown> LETTER =
      new Conversation<>("events.admin.letter", ShowLetter.class, Shown.class);

  /** Hands dead letters out again, in the order in which they died. */
  public static final Conversation<Select, Outcome> REPLAY =
      new Conversation<>("events.admin.replay", Select.class, Outcome.class);

  /** Deletes dead letters. */
  public static final Conversation<Select, Outcome> DROP =
      new Conversation<>("events.admin.drop", Select.class, Outcome.class);

  /**
   * Publishes one event as a service, under the rules of its policy. INVALID, DENIED or
   * ALREADY_EXISTS as the verdict of events.md 2.3 says, UNAVAILABLE when it is not decided.
   */
  public static final Conversation<PublishAs, PublishedAs> PUBLISH_AS =
      new Conversation<>("events.admin.publish", PublishAs.class, PublishedAs.class);

  /**
   * Watches events as they are accepted. OVERLOADED when too many watch, NOT_FOUND for a watch that
   * was not asked for a while.
   */
  public static final Conversation<Watch, Seen> WATCH =
      new Conversation<>("events.admin.watch", Watch.class, Seen.class);

  private EventAdmin() {}

  /** {@code service} is empty for all. */
  public record OfService(String service) {}

  public record Consumers(List<Consumer> consumers) {}

  /**
   * One consumer: a service, or one of its groups.
   *
   * @param group empty for the service itself
   */
  public record Consumer(
      UUID serviceId,
      String service,
      String group,
      List<Subscription> subscriptions,
      List<Live> instances) {}

  /**
   * A pattern that a consumer has or had.
   *
   * @param filter empty for none
   * @param effective whether events are matched with it
   */
  public record Subscription(String pattern, String filter, boolean effective) {}

  /** A live instance and the patterns that it declares. */
  public record Live(
      UUID instanceId, boolean session, boolean stream, boolean draining, List<String> patterns) {}

  /** {@code service} is empty for all. */
  public record AskLag(String service) {}

  public record Lags(List<Lag> consumers) {}

  /**
   * How far one consumer is.
   *
   * @param position everything up to it is finished
   * @param head position of the last event that was accepted
   * @param pending deliveries that are not finished
   * @param oldestMillis age of the event of the oldest of them, -1 when there is none
   * @param inFlight of them, handed out and not answered
   * @param offlineSinceMillis since when no instance lives, 0 while one does
   */
  public record Lag(
      UUID serviceId,
      String service,
      String group,
      long position,
      long head,
      long pending,
      long oldestMillis,
      int inFlight,
      long offlineSinceMillis,
      long deadLetters,
      List<Stream> streams) {}

  /**
   * An open stream.
   *
   * @param unanswered deliveries that its handlers have, with those whose lease is over
   */
  public record Stream(UUID instanceId, int maxInFlight, int unanswered) {}

  /** Which letters; what is empty is not asked. {@code pattern} is one of event names. */
  public record Choice(String service, String pattern, String reason) {}

  /** {@code limit} of 0 or less means 50. */
  public record ListLetters(Choice choice, int limit, String cursor) {}

  /** {@code nextCursor} is empty on the last page. */
  public record Letters(List<Letter> letters, String nextCursor) {}

  /** One dead letter, without its event. */
  public record Letter(
      UUID id,
      UUID eventId,
      String eventName,
      UUID serviceId,
      String service,
      String group,
      String partitionKey,
      String reason,
      String lastError,
      int totalAttempts,
      int replayCount,
      long deadAtMillis) {}

  /** {@code id} is that of the letter or of its event. */
  public record ShowLetter(UUID id, String service) {}

  /** A letter with its event; the array must not be changed. */
  public record Shown(
      Letter letter,
      UUID publisherId,
      String publisher,
      UUID publisherInstanceId,
      byte[] payload,
      String contractHash,
      String idempotencyKey,
      Map<String, String> headers,
      long occurredAtMillis,
      long acceptedAtMillis,
      String trace) {}

  /**
   * Letters to do something with: those of these ids (of letters or events) that the choice also
   * takes; without ids, the first of all that the choice takes.
   *
   * @param all must be said when nothing narrows it
   * @param limit at most so many, 0 or less means 500
   */
  public record Select(List<UUID> ids, Choice choice, boolean all, int limit, String cursor) {}

  /**
   * What was done.
   *
   * @param nextCursor goes on behind these; empty when nothing is left
   */
  public record Outcome(int done, List<Skipped> skipped, String nextCursor) {}

  /** A letter that was left as it is, and why; {@code id} is the one that was asked for. */
  public record Skipped(UUID id, String eventName, String service, String reason) {}

  /** {@code payload} is JSON text in UTF-8. */
  public record PublishAs(
      String service,
      String name,
      byte[] payload,
      String partitionKey,
      String idempotencyKey,
      Map<String, String> headers) {}

  /** {@code eventId} is that of the first event when it was there already. */
  public record PublishedAs(UUID eventId, boolean duplicate) {}

  /**
   * Begins to watch, or asks on.
   *
   * @param watch empty to begin; then pattern and filter count, and the answer comes at once
   * @param waitMillis how long to wait for an event, at most 20,000
   */
  public record Watch(String watch, String pattern, String filter, long waitMillis) {}

  /**
   * What was accepted since the last time.
   *
   * @param dropped how many were left out since then because too much came
   */
  public record Seen(String watch, List<Accepted> events, long dropped) {}

  /**
   * One event.
   *
   * @param consumers how many got a delivery
   */
  public record Accepted(
      Events.Event event,
      UUID serviceId,
      String service,
      long position,
      int consumers,
      long acceptedAtMillis) {}
}
