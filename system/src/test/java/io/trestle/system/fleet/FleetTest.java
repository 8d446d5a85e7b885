package io.trestle.system.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.testing.TestKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random topologies, kills, drains, rotations, revocations, cut lines and edits of policies, with
 * calls of every kind all the while, against a model of who may call whom: no call that policy
 * forbids reaches a handler, nor one from or to who is revoked, no handler runs twice for one call,
 * what succeeded ran once, and what nothing stood against succeeded.
 *
 * <p>What happens follows from {@code -Dtrestle.fleet.seed}; how long, from {@code
 * -Dtrestle.fleet.seconds} (default 15).
 */
class FleetTest {
  private static final long SECONDS = Long.getLong("trestle.fleet.seconds", 15);
  private static final int CALLS_BETWEEN = 8;
  private static final int CALLS_IN_PEACE = 40;

  @Test
  void calls_whateverHappens_areRightAndRunOnce() throws Exception {
    long seed = Long.getLong("trestle.fleet.seed", System.nanoTime());
    Random random = new Random(seed);
    Journal journal = new Journal();
    List<String> happened = new ArrayList<>();
    try (TestKernel kernel = TestKernel.start();
        Fleet fleet = new Fleet(kernel, journal, random)) {
      fleet.settle("seed " + seed);
      try (Crowd crowd = new Crowd(fleet, journal, seed)) {
        long end = System.nanoTime() + SECONDS * 1_000_000_000;
        do {
          for (int i = random.nextInt(4); i >= 0; i--) {
            happened.add(fleet.happens());
            crowd.await(CALLS_BETWEEN);
          }
          fleet.settle("seed " + seed + ", " + happened);
          crowd.await(CALLS_IN_PEACE);
        } while (System.nanoTime() < end);
      }
      Judge judge = new Judge(fleet, journal);
      List<String> faults = judge.judge();
      System.out.printf(
          "fleet seed=%d steps=%d revocations=%d calls=%d succeeded=%d due=%d forbidden=%d%n",
          seed,
          happened.size(),
          happened.stream().filter(step -> step.startsWith("revoke")).count(),
          journal.callCount(),
          judge.succeeded(),
          judge.due(),
          judge.forbidden());
      assertThat(faults).as("seed %d, %s", seed, happened).isEmpty();
      assertThat(judge.due()).as("seed %d: judged", seed).isPositive();
      assertThat(judge.forbidden()).as("seed %d: judged", seed).isPositive();
    }
  }
}
