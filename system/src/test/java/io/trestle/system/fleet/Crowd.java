package io.trestle.system.fleet;

import io.trestle.sdk.Transport;
import io.trestle.system.fleet.Journal.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** Threads that call one thing after the other, whatever happens to the fleet. */
final class Crowd implements AutoCloseable {
  private static final int THREADS = 8;
  private static final List<Transport> TRANSPORTS = List.of(Transport.values());

  private final Fleet fleet;
  private final Journal journal;
  private final AtomicLong ids = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  Crowd(Fleet fleet, Journal journal, long seed) {
    this.fleet = fleet;
    this.journal = journal;
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(seed + i);
      Thread thread = new Thread(() -> work(random), "crowd-" + i);
      threads.add(thread);
      thread.start();
    }
  }

  private void work(Random random) {
    while (!over) {
      List<Node> nodes = fleet.callers();
      Node caller = nodes.get(random.nextInt(nodes.size()));
      int target = (caller.service() + 1 + random.nextInt(Fleet.SERVICES - 1)) % Fleet.SERVICES;
      String method = Node.METHODS.get(random.nextInt(Node.METHODS.size()));
      Transport transport = TRANSPORTS.get(random.nextInt(TRANSPORTS.size()));
      call(new Route(caller, target, method, transport));
    }
  }

  private void call(Route route) {
    String id = "call-" + ids.incrementAndGet();
    long begin = System.nanoTime();
    String failure = "";
    try {
      String answer = route.caller().call(fleet.name(route.target()), route, id).join();
      failure = answer.equals(id) ? "" : "answered " + answer;
    } catch (CompletionException e) {
      failure = String.valueOf(e.getCause());
    }
    journal.ended(new Call(id, route, begin, System.nanoTime(), failure));
  }

  /** Waits until so many more calls have ended. */
  void await(int more) {
    int count = journal.callCount() + more;
    Awaitility.await("%d calls".formatted(count))
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> journal.callCount() >= count);
  }

  @Override
  public void close() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join(60_000);
    }
  }
}
