package io.trestle.cli;

import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A publisher or a subscriber of {@link EventCrashTest} as its own process, to be killed at any
 * moment. What it prints is the only memory of what it did: one line for each step, written before
 * the step that depends on it. A line in the pipe outlives the process. Times are those of the
 * monotonic clock, which all processes of a machine share.
 *
 * <pre>
 * R                                            it is ready
 * S time tag lane                              a publish begins (lane - : no key)
 * A time tag id                                it was acknowledged
 * F time tag error                             it failed, or its outcome is unknown
 * Z                                            no publish is under way any more, and none follows
 * B time service tag id attempt delivery lane  a handler begins
 * E time service delivery cancelled fate       it ended; before its answer is sent
 * </pre>
 *
 * <p>A tag is the name of the process, a number for each of its sources, and one that counts: what
 * a source publishes, it publishes in this order, some at a time.
 *
 * <p>The fate of a handling ({@link Fate}) follows from tag and attempt, so that everybody knows
 * it.
 *
 * <p>Any line on standard input stops publishing; its end, the process.
 */
final class CrashWorker {
  static final String EVENT = "crash.moved";
  private static final int LONGEST_PAUSE_MILLIS = 40;

  /** Of a source that publishes many at a time, and pauses for all of them. */
  private static final int LONGEST_PAUSE_OF_MANY_MILLIS = 400;

  private static final int LONGEST_WORK_MILLIS = 20;
  private static final long WORK_MILLIS = 900;

  /** Long enough for the kernel to store that nothing is pending. */
  private static final long REST_MILLIS = 600;

  /** One handling of so many takes so long that a kernel is back before it ends; 0: none. */
  private static final int SLOW = Integer.getInteger("trestle.crash.slow", 0);

  private static final int SLOW_MILLIS = 8_000;

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean stopping;

  /** How a handling ends. */
  enum Fate {
    DONE,
    /** It failed, and is to be tried again: only the first attempt of some. */
    FAILED,
    /** It is refused for good: every attempt of some others. */
    REJECTED;

    private static final int REJECTED_OF = 17;
    private static final int FAILED_OF = 9;

    static Fate of(String tag, int attempt) {
      if (isRejected(tag)) {
        return REJECTED;
      }
      return attempt == 1 && Math.floorMod(tag.hashCode(), FAILED_OF) == 0 ? FAILED : DONE;
    }

    static boolean isRejected(String tag) {
      return Math.floorMod(tag.hashCode(), REJECTED_OF) == 0;
    }
  }

  private CrashWorker() {}

  /**
   * Runs.
   *
   * @param args {@code publish URL KEY PREFIX SOURCE...}, a source being {@code LANE} or {@code
   *     LANE*N} for so many at a time, with a dash as lane for events without key; or {@code
   *     subscribe URL (SERVICE PATTERN KEY)...}
   */
  public static void main(String[] args) throws IOException {
    CrashWorker worker = new CrashWorker();
    if (args[0].equals("publish")) {
      worker.publish(args[1], args[2], args[3], Arrays.asList(args).subList(4, args.length));
    } else {
      for (int i = 2; i < args.length; i += 3) {
        subscribe(args[1], args[i], args[i + 1], args[i + 2]);
      }
    }
    print("R");
    worker.obey();
    Runtime.getRuntime().halt(0);
  }

  private void obey() throws IOException {
    for (int c = System.in.read(); c >= 0; c = System.in.read()) {
      if (c == '\n') {
        stopping = true;
        ended(0);
      }
    }
  }

  /** One write for each line, so that a kill never cuts one in two. */
  private static void print(Object... words) {
    StringBuilder line = new StringBuilder();
    for (Object word : words) {
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    byte[] bytes = line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    synchronized (System.out) {
      System.out.write(bytes, 0, bytes.length);
      System.out.flush();
    }
  }

  // ---- publisher

  /** Publishes into one lane, some at a time. */
  private record Source(EventType<byte[]> type, String prefix, String lane, int atOnce) {
    static Source of(EventType<byte[]> type, String prefix, String argument) {
      int star = argument.indexOf('*');
      return star < 0
          ? new Source(type, prefix, argument, 1)
          : new Source(
              type,
              prefix,
              argument.substring(0, star),
              Integer.parseInt(argument.substring(star + 1)));
    }
  }

  private void publish(String url, String key, String prefix, List<String> sources) {
    List<EventType<byte[]>> types = new ArrayList<>();
    started(
        () -> {
          ServiceBridge bridge = builder(url, key);
          types.add(bridge.events().define(EVENT));
          return bridge;
        });
    EventType<byte[]> type = types.get(types.size() - 1);
    for (int i = 0; i < sources.size(); i++) {
      running.incrementAndGet();
      next(Source.of(type, prefix + "." + i, sources.get(i)), 1);
    }
  }

  /** Publishes the next of a source, and those after them when all of these are decided. */
  private void next(Source source, int number) {
    if (stopping) {
      ended(1);
      return;
    }
    AtomicInteger undecided = new AtomicInteger(source.atOnce());
    for (int i = 0; i < source.atOnce(); i++) {
      publish(
          source,
          number + i,
          () -> {
            if (undecided.decrementAndGet() == 0) {
              later(() -> next(source, number + source.atOnce()), source.atOnce());
            }
          });
    }
  }

  private static void publish(Source source, int number, Runnable decided) {
    String tag = source.prefix() + "." + number;
    String lane = source.lane();
    print("S", System.nanoTime(), tag, lane);
    PublishOptions options = lane.equals("-") ? PublishOptions.DEFAULT : PublishOptions.keyed(lane);
    var unused =
        source
            .type()
            .publishAsync(tag.getBytes(StandardCharsets.UTF_8), options)
            .whenComplete(
                (id, failure) -> {
                  if (failure == null) {
                    print("A", System.nanoTime(), tag, id);
                  } else {
                    print("F", System.nanoTime(), tag, failure.toString().replaceAll("\\s+", "_"));
                  }
                  decided.run();
                });
  }

  private void later(Runnable task, int published) {
    int longest = Math.min(LONGEST_PAUSE_MILLIS * published, LONGEST_PAUSE_OF_MANY_MILLIS);
    long pause = new SplittableRandom().nextInt(longest);
    var unused = timer.schedule(task, pause + restMillis(), TimeUnit.MILLISECONDS);
  }

  /** Until publishers work again; 0 while they do. All of a machine rest at the same times. */
  static long restMillis() {
    long into = System.nanoTime() / 1_000_000 % (WORK_MILLIS + REST_MILLIS);
    return into < WORK_MILLIS ? 0 : WORK_MILLIS + REST_MILLIS - into;
  }

  private void ended(int lanes) {
    if (running.addAndGet(-lanes) == 0) {
      print("Z");
    }
  }

  // ---- subscriber

  private static void subscribe(String url, String service, String pattern, String key) {
    started(
        () -> {
          ServiceBridge bridge = builder(url, key);
          bridge.events().handle(pattern, (payload, context) -> handle(service, payload, context));
          // Nothing matches it, but each incarnation brings rows to be stored when it registers.
          bridge.events().handle("extra.p" + ProcessHandle.current().pid(), (p, c) -> {});
          return bridge;
        });
  }

  private static void handle(String service, byte[] payload, EventContext context) {
    String lane = context.partitionKey().isEmpty() ? "-" : context.partitionKey();
    String tag = new String(payload, StandardCharsets.UTF_8);
    print(
        "B",
        System.nanoTime(),
        service,
        tag,
        context.eventId(),
        context.attempt(),
        context.deliveryId(),
        lane);
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(workMillis()));
    Fate fate = Fate.of(tag, context.attempt());
    print("E", System.nanoTime(), service, context.deliveryId(), context.isCancelled(), fate);
    if (fate == Fate.FAILED) {
      throw new IllegalStateException("the first attempt fails");
    } else if (fate == Fate.REJECTED) {
      throw context.reject("never wanted");
    }
  }

  private static int workMillis() {
    SplittableRandom random = new SplittableRandom();
    boolean slow = SLOW > 0 && random.nextInt(SLOW) == 0;
    return slow ? SLOW_MILLIS : random.nextInt(LONGEST_WORK_MILLIS);
  }

  // ---- both

  private static ServiceBridge builder(String url, String key) {
    return ServiceBridge.builder(url, key)
        .callerOnly()
        .eventsMaxInFlight(16)
        .reconnectInterval(Duration.ofMillis(200))
        .build();
  }

  /** Tries until one has started: the kernel may be away for long. */
  private static void started(Supplier<ServiceBridge> maker) {
    while (true) {
      ServiceBridge bridge = maker.get();
      try {
        bridge.start();
        return;
      } catch (ServiceBridgeException e) {
        System.err.println("not started: " + e);
        bridge.stop();
      }
    }
  }
}
