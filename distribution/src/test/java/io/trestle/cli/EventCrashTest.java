package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 of kernel, PostgreSQL, publishers and subscribers at random moments, while this process
 * records what they did. It is the kills that count, so a slow machine takes longer for them.
 * {@code -Dtrestle.crash.seconds=600} kills for at least so long, {@code -Dtrestle.crash.seed=N}
 * repeats the choice of victims and pauses, though not what they meet.
 */
class EventCrashTest {
  private static final int SECONDS = Integer.getInteger("trestle.crash.seconds", 0);
  private static final int KILLS = 25;
  private static final int KILLS_OF_KERNEL_OR_POSTGRES = 7;
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(4);
  private static final int LONGEST_PAUSE_MILLIS = 900;
  private static final int LEASE_MILLIS = 20_000;

  /** Of the drain: without any step for so long, nothing will come any more. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(45);

  private static final Map<String, String> SETTINGS =
      Map.of(
          "events.visibility_timeout_ms", Integer.toString(LEASE_MILLIS),
          "events.max_attempts", "100",
          "events.backoff_ladder_ms", "100");

  private static final List<String> SERVICES = List.of("book", "audit");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path state;

  private final CrashModel model = new CrashModel(LEASE_MILLIS);

  @Test
  @Acceptance({"EV-59", "EV-62", "EV-70", "EV-85"})
  void events_whileEverythingIsKilled_areNeitherLostNorOutOfOrderNorRepeatedWithoutCause() {
    long seed = Long.getLong("trestle.crash.seed", System.nanoTime());
    System.out.println("event crash test: seed=" + seed + " seconds=" + SECONDS);
    try (CrashFleet fleet = new CrashFleet(state, model, SETTINGS)) {
      fleet.kernel().awaitReady();
      addWorkers(fleet);
      await("all ready").atMost(Duration.ofMinutes(2)).until(fleet::allReady);

      killFor(fleet, new SplittableRandom(seed));

      System.out.println("event crash test: " + fleet.summary() + " " + model.summary());
      drain(fleet);
      SERVICES.forEach(service -> letters(fleet, service));
      System.out.println("event crash test: " + fleet.summary() + " " + model.summary());
    }
    List<String> violations = model.judge(SERVICES);
    assertThat(violations.stream().limit(20))
        .as("seed %d, %d violations, state %s", seed, violations.size(), state)
        .isEmpty();
  }

  private static void addWorkers(CrashFleet fleet) {
    String publishing = fleet.kernel().createService("shop");
    String book = fleet.kernel().createService("book");
    String audit = fleet.kernel().createService("audit");
    String url = fleet.url();
    List<String> consumer = List.of("subscribe", url, "book", CrashWorker.EVENT, book);
    fleet.add("subscriber1", concat(consumer, "audit", "crash.#", audit));
    fleet.add("subscriber2", consumer);
    // What is published before a service has subscribed is none of its business.
    await("subscribed").atMost(Duration.ofMinutes(2)).until(fleet::allReady);
    List<String> publisher = List.of("publish", url, publishing, "NAME", "shared", "-", "-");
    fleet.add("publisher1", concat(publisher, "a", "b"));
    fleet.add("publisher2", concat(publisher, "c", "d"));
  }

  private static List<String> concat(List<String> first, String... more) {
    return java.util.stream.Stream.concat(first.stream(), List.of(more).stream()).toList();
  }

  /** Pauses are what is random here: nothing waits for anything. */
  private static void killFor(CrashFleet fleet, SplittableRandom random) {
    long began = System.nanoTime();
    while (goesOn(fleet, System.nanoTime() - began)) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(LONGEST_PAUSE_MILLIS)));
      fleet.mend();
      fleet.killSomething(random);
    }
  }

  /** Waits until the dead letters of a service are stored, and has them judged. */
  private void letters(CrashFleet fleet, String service) {
    List<List<String>> seen = new ArrayList<>();
    try {
      await("dead letters of " + service)
          .atMost(Duration.ofMinutes(1))
          .until(
              () -> {
                seen.add(fleet.letters(service));
                return seen.get(seen.size() - 1).containsAll(model.doomed());
              });
    } catch (ConditionTimeoutException e) {
      System.out.println("event crash test: " + e.getMessage());
    }
    model.letters(service, seen.get(seen.size() - 1));
  }

  private static boolean goesOn(CrashFleet fleet, long nanos) {
    boolean enough = fleet.kills() >= KILLS && fleet.killsBelow() >= KILLS_OF_KERNEL_OR_POSTGRES;
    return nanos < TimeUnit.SECONDS.toNanos(SECONDS) || (!enough && nanos < LONGEST_NANOS);
  }

  /** Everything up, publishers at rest, and every acknowledged event handled, or no more steps. */
  private void drain(CrashFleet fleet) {
    await("all ready").atMost(Duration.ofMinutes(2)).until(fleet::allReady);
    fleet.stopPublishing();
    await("published").atMost(Duration.ofMinutes(2)).until(fleet::published);
    long[] last = {model.steps(), System.nanoTime()};
    await("handled")
        .atMost(Duration.ofMinutes(10))
        .until(
            () -> {
              fleet.mend();
              if (model.steps() != last[0]) {
                last[0] = model.steps();
                last[1] = System.nanoTime();
              }
              return SERVICES.stream().allMatch(s -> model.missing(s) == 0)
                  || System.nanoTime() - last[1] > STUCK_NANOS;
            });
  }
}
