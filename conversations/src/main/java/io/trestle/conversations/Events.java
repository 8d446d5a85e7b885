package io.trestle.conversations;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Durable events: publishing, delivery to the streams of instances, dead letters. Answered by the
 * events module; what several facades do is the same here.
 */
public final class Events {
  /** Publishes a batch; answered after the commit, with one result for each event, in order. */
  public static final Conversation<Publish, Published> PUBLISH =
      new Conversation<>("events.publish", Publish.class, Published.class);

  /**
   * Opens the stream of an instance, whose deliveries come under the key of that stream.
   * ALREADY_EXISTS while the instance has another whose connection answers.
   */
  public static final Conversation<Open, Heard> OPEN =
      new Conversation<>("events.open", Open.class, Heard.class);

  /** To the stream, under its key: what it is to deliver. */
  public static final Conversation<Deliveries, Heard> DELIVER =
      new Conversation<>("events.deliver", Deliveries.class, Heard.class);

  /** To the stream, under its key: it ends now. */
  public static final Conversation<End, Heard> END =
      new Conversation<>("events.end", End.class, Heard.class);

  /** To the stream, under its key: whether its connection still answers. */
  public static final Conversation<Probe, Alive> PROBE =
      new Conversation<>("events.probe", Probe.class, Alive.class);

  /** What the instance of a stream says of its deliveries. */
  public static final Conversation<Answers, Heard> ANSWER =
      new Conversation<>("events.answer", Answers.class, Heard.class);

  /** The stream takes nothing more ({@code gone} false), or is gone. */
  public static final Conversation<Closed, Heard> CLOSED =
      new Conversation<>("events.closed", Closed.class, Heard.class);

  /** Dead letters of one consuming service, newest first. INVALID for a bad cursor. */
  public static final Conversation<ListDead, DeadPage> LIST_DEAD =
      new Conversation<>("events.dead.list", ListDead.class, DeadPage.class);

  /**
   * Hands a dead letter out again. NOT_FOUND for none, PRECONDITION when no subscription wants it
   * any more.
   */
  public static final Conversation<Replay, Replayed> REPLAY =
      new Conversation<>("events.dead.replay", Replay.class, Replayed.class);

  private Events() {}

  /** One event. Arrays must not be changed. */
  public record Event(
      String id,
      String name,
      byte[] payload,
      String contractHash,
      String partitionKey,
      String idempotencyKey,
      Map<String, String> headers,
      long occurredAtMillis,
      String trace,
      byte[] payloadJson) {}

  /**
   * Who publishes what.
   *
   * @param receivedNanos when it was received, by {@link System#nanoTime}
   */
  public record Publish(UUID serviceId, UUID instanceId, List<Event> events, long receivedNanos) {
    /** Received now. */
    public Publish(UUID serviceId, UUID instanceId, List<Event> events) {
      this(serviceId, instanceId, events, System.nanoTime());
    }
  }

  public record Published(List<Result> results) {}

  /** {@code status} is a number of {@code PublishStatus}. */
  public record Result(String eventId, int status, String message) {}

  /** {@code stream} is the key under which deliveries are taken. */
  public record Open(UUID stream, UUID serviceId, UUID instanceId, int maxInFlight) {}

  public record Heard() {}

  public record Probe() {}

  public record Alive(boolean alive) {}

  public record Deliveries(List<Delivery> deliveries) {}

  /** One attempt; {@code trace} replaces that of the event. */
  public record Delivery(
      UUID id, Event event, int attempt, long token, List<String> patterns, String trace) {}

  public record Answers(UUID stream, UUID serviceId, UUID instanceId, List<Answer> answers) {}

  /** What became of a delivery. */
  public sealed interface Answer {
    UUID delivery();

    /** As it came; empty from older clients. */
    String token();
  }

  public record Ack(UUID delivery, String token) implements Answer {}

  /**
   * It failed.
   *
   * @param retryAfterMillis wait before the next attempt, -1 for the usual one
   * @param reject whether there is to be none
   */
  public record Nack(
      UUID delivery, String token, String error, long retryAfterMillis, boolean reject)
      implements Answer {}

  public record Closed(UUID stream, UUID instanceId, boolean gone) {}

  /** {@code number} is the gRPC code of the end. */
  public record End(int number, String text) {}

  /** {@code limit} of 0 or less means 50; at most 500. */
  public record ListDead(UUID serviceId, int limit, String cursor) {}

  /** {@code nextCursor} is empty on the last page. */
  public record DeadPage(List<DeadLetter> letters, String nextCursor) {}

  public record DeadLetter(
      UUID eventId,
      String eventName,
      UUID serviceId,
      String serviceName,
      String lastError,
      String reason,
      long deadAtMillis,
      int replayCount,
      int totalAttempts) {}

  public record Replay(UUID serviceId, UUID eventId) {}

  public record Replayed(UUID eventId) {}
}
