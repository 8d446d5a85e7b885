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
 * records what they did. All of it takes two minutes: the kills end after {@link #KILLING_SECONDS}
 * at the latest, so that a slow machine kills less often, though each kind of process once, and
 * what is left is for everything to come right. {@code -Dtrestle.crash.seconds=600} kills for so
 * long instead, hundreds of times; {@code -Dtrestle.crash.seed=N} repeats the choice of victims and
 * pauses, though not what they meet.
 */
class EventCrashTest {
  /** Without a flag, when there is time for it. */
  private static final int KILLING_SECONDS = 65;

  /** Without a flag, when the kills end, counted from the beginning of the test. */
  private static final int LAST_KILL_SECONDS = 80;

  /** Somebody is killed for so long, however late it has become. */
  private static final int LEAST_KILLING_SECONDS = 10;

  private static final int SECONDS = Integer.getInteger("trestle.crash.seconds", 0);
  private static final int LONGEST_PAUSE_MILLIS = 700;
  private static final int LEASE_MILLIS = 20_000;

  /** Of the drain: without any step for so long, nothing will come any more. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(45);

  /** Of anything that is waited for. A machine that needs as much is not fit to judge. */
  private static final Duration CAP = Duration.ofMinutes(5);

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
    long began = System.nanoTime();
    System.out.println("event crash test: seed=" + seed);
    try (CrashFleet fleet = new CrashFleet(state, model, SETTINGS)) {
      try {
        fleet.kernel().awaitReady();
        addWorkers(fleet);
        await("all ready").atMost(CAP).until(fleet::allReady);

        killFor(fleet, new SplittableRandom(seed), killingSeconds(secondsSince(began)));

        drain(fleet);
        SERVICES.forEach(service -> letters(fleet, service));
      } finally {
        System.out.printf(
            "event crash test: seed=%d seconds=%d %s %s%n",
            seed, secondsSince(began), fleet.summary(), model.summary());
      }
      assertThat(fleet.killed())
          .as("a short run kills each kind once")
          .contains("subscriber1", "publisher1", "kernel")
          .containsAnyOf("backend", "postmaster");
    }
    List<String> violations = model.judge(SERVICES);
    assertThat(violations.stream().limit(20))
        .as("seed %d, %d violations, state %s", seed, violations.size(), state)
        .isEmpty();
  }

  private static int secondsSince(long nanos) {
    return (int) TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanos);
  }

  private static int killingSeconds(int gone) {
    int left = Math.min(KILLING_SECONDS, LAST_KILL_SECONDS - gone);
    return SECONDS > 0 ? SECONDS : Math.max(LEAST_KILLING_SECONDS, left);
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
    await("subscribed").atMost(CAP).until(fleet::allReady);
    List<String> publisher = List.of("publish", url, publishing, "NAME", "shared", "-", "-");
    // So many that the SDK has several requests under way, and lanes in which several wait.
    fleet.add("publisher1", concat(publisher, "-*60", "a*5", "b"));
    fleet.add("publisher2", concat(publisher, "c*3", "d"));
  }

  private static List<String> concat(List<String> first, String... more) {
    return java.util.stream.Stream.concat(first.stream(), List.of(more).stream()).toList();
  }

  /** Pauses are what is random here: nothing waits for anything. */
  private static void killFor(CrashFleet fleet, SplittableRandom random, int seconds) {
    long began = System.nanoTime();
    fleet.killOneOfEach(random, () -> pause(random));
    while (secondsSince(began) < seconds) {
      pause(random);
      fleet.mend();
      fleet.killSomething(random);
    }
  }

  private static void pause(SplittableRandom random) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(LONGEST_PAUSE_MILLIS)));
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

  /** Everything up, publishers at rest, and every acknowledged event handled, or no more steps. */
  private void drain(CrashFleet fleet) {
    await("all ready").atMost(CAP).until(fleet::allReady);
    fleet.stopPublishing();
    await("published").atMost(CAP).until(fleet::published);
    long[] last = {model.steps(), System.nanoTime()};
    await("handled")
        .atMost(SECONDS > 0 ? CAP.multipliedBy(2) : CAP)
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
