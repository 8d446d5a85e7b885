package io.trestle.kernel.database;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How this process treats its database. The times are constants of the house; tests shorten them.
 *
 * @param allowUnsafe {@code database.allow_unsafe}: start although durability is not on, with a
 *     warning
 * @param connectFor how long a start retries when nobody answers
 * @param sayEvery how often a waiting start says so
 * @param lockWait how long a start waits for the leader lock (and the embedded directory)
 * @param heartbeat how often the control connection is checked and {@code kernels.seen_at} written
 * @param answerWithin a check without an answer for this long counts as a lost connection
 * @param backoffFirst first delay between attempts to reconnect
 * @param backoffLast longest delay between attempts to reconnect
 * @param progress hears lines for the person at the terminal; they are logged too
 */
public record DatabaseOptions(
    boolean allowUnsafe,
    Duration connectFor,
    Duration sayEvery,
    Duration lockWait,
    Duration heartbeat,
    Duration answerWithin,
    Duration backoffFirst,
    Duration backoffLast,
    Consumer<String> progress) {

  /** Sixty seconds to connect, ten for the lock (foundation.md 1.4 and 6). */
  public static DatabaseOptions standard() {
    return new DatabaseOptions(
        false,
        Duration.ofSeconds(60),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(3),
        Duration.ofSeconds(5),
        Duration.ofMillis(100),
        Duration.ofSeconds(2),
        line -> {});
  }

  /** The same with {@code database.allow_unsafe} set as given. */
  public DatabaseOptions withAllowUnsafe(boolean allow) {
    return new DatabaseOptions(
        allow,
        connectFor,
        sayEvery,
        lockWait,
        heartbeat,
        answerWithin,
        backoffFirst,
        backoffLast,
        progress);
  }

  /** The same with a listener for progress lines. */
  public DatabaseOptions withProgress(Consumer<String> listener) {
    return new DatabaseOptions(
        allowUnsafe,
        connectFor,
        sayEvery,
        lockWait,
        heartbeat,
        answerWithin,
        backoffFirst,
        backoffLast,
        listener);
  }

  /** The same with other times for a start. */
  public DatabaseOptions withStartTimes(Duration connect, Duration say, Duration lock) {
    return new DatabaseOptions(
        allowUnsafe,
        connect,
        say,
        lock,
        heartbeat,
        answerWithin,
        backoffFirst,
        backoffLast,
        progress);
  }

  /** The same with another limit for the answer to a check. */
  DatabaseOptions withAnswerWithin(Duration limit) {
    return new DatabaseOptions(
        allowUnsafe,
        connectFor,
        sayEvery,
        lockWait,
        heartbeat,
        limit,
        backoffFirst,
        backoffLast,
        progress);
  }
}
