package io.trestle.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the workers of {@link EventCrashTest} said, and the judgement of it. Every time is that of
 * the monotonic clock of the machine.
 *
 * <p>Order. Two publishes of a lane are ordered if the acknowledgement of one was seen before the
 * other began, or if one process called them one after the other and the first was acknowledged:
 * until then it does not send the second. Nothing else is known from outside. For two such, no
 * handling of the later may begin before a handling of the earlier was reported finished. That
 * holds over every crash: who died without saying so did not acknowledge. And all consumers see one
 * order of a lane, of whatever its events came from.
 *
 * <p>Overlap. Handlings of a lane do not overlap within a consumer, with one exception: the lease
 * of the first may have expired. A handling that its process took to the grave ends when the kill
 * was sent.
 *
 * <p>Ends. What some handlings are to end with is known beforehand ({@link CrashWorker.Fate}): one
 * that failed is not finished and may always be repeated; one that was refused is finished, and its
 * event must be among the dead letters of its service in the end, once, and no other.
 *
 * <p>Repeats. A handling that was reported finished may be repeated only if its acknowledgement can
 * have been lost: its process was killed, the stream was gone, or the kernel or PostgreSQL was not
 * there between its beginning and the moment from which the acknowledgement must be durable. The
 * rule gives that 250 ms; here it is two seconds, and also the acknowledgement of a publish that
 * began one second after it, so that a slow machine accuses nobody. A disturbance lasts from the
 * kill until a publish that began after it is acknowledged, and five seconds at least.
 */
final class CrashModel {
  private static final long SECOND = 1_000_000_000L;
  private static final long NEVER = Long.MAX_VALUE;

  private final long leaseNanos;
  private final Map<String, Publish> publishes = new LinkedHashMap<>();
  private final List<Handling> handlings = new ArrayList<>();
  private final Map<String, Handling> open = new HashMap<>();
  private final Map<String, Long> deaths = new HashMap<>();
  private final List<long[]> disturbances = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final Map<String, Set<String>> finished = new HashMap<>();
  private final Map<String, Integer> underWay = new HashMap<>();
  private int mostUnderWay;
  private long acknowledged;
  private long failed;

  private static final class Publish {
    final String tag;
    final String lane;
    final long began;
    long acked = NEVER;
    String id = "";

    Publish(String tag, String lane, long began) {
      this.tag = tag;
      this.lane = lane;
      this.began = began;
    }

    boolean isAcknowledged() {
      return acked != NEVER;
    }

    /** Publishes of one source are called one after the other. */
    String source() {
      return tag.substring(0, tag.lastIndexOf('.'));
    }
  }

  private static final class Handling {
    final String worker;
    final String service;
    final String tag;
    final String id;
    final int attempt;
    final String lane;
    final long began;
    long ended = NEVER;
    boolean cancelled;
    boolean failed;

    Handling(String worker, String[] words) {
      this.worker = worker;
      this.began = Long.parseLong(words[1]);
      this.service = words[2];
      this.tag = words[3];
      this.id = words[4];
      this.attempt = Integer.parseInt(words[5]);
      this.lane = words[7];
    }

    @Override
    public String toString() {
      return tag
          + " attempt "
          + attempt
          + " at "
          + service
          + " in "
          + worker
          + " "
          + began / 1000
          + ".."
          + (ended == NEVER ? "?" : ended / 1000)
          + (cancelled ? " cancelled" : "");
    }
  }

  /** Begins empty. */
  CrashModel(long leaseMillis) {
    this.leaseNanos = leaseMillis * 1_000_000;
  }

  // ---- what happened

  /** A line of a worker. */
  synchronized void line(String worker, String line) {
    String[] words = line.split(" ");
    switch (words[0]) {
      case "S" -> {
        publishes.put(words[2], new Publish(words[2], words[3], Long.parseLong(words[1])));
        mostUnderWay = Math.max(mostUnderWay, underWay.merge(worker, 1, Integer::sum));
      }
      case "A" -> {
        underWay.merge(worker, -1, Integer::sum);
        acknowledged(words);
      }
      case "F" -> {
        underWay.merge(worker, -1, Integer::sum);
        failed++;
      }
      case "B" -> began(worker, words);
      case "E" -> ended(worker, words);
      default -> {}
    }
  }

  private void acknowledged(String[] words) {
    Publish publish = Objects.requireNonNull(publishes.get(words[2]));
    publish.acked = Long.parseLong(words[1]);
    publish.id = words[3];
    acknowledged++;
  }

  private void began(String worker, String[] words) {
    Handling handling = new Handling(worker, words);
    handlings.add(handling);
    if (open.put(worker + " " + words[2] + " " + words[6], handling) != null) {
      violations.add("twice at once in one process: " + handling);
    }
  }

  private void ended(String worker, String[] words) {
    Handling handling =
        Objects.requireNonNull(open.remove(worker + " " + words[2] + " " + words[3]));
    handling.ended = Long.parseLong(words[1]);
    handling.cancelled = Boolean.parseBoolean(words[4]);
    handling.failed = words[5].equals(CrashWorker.Fate.FAILED.name());
    if (handling.failed) {
      return;
    }
    finished.computeIfAbsent(handling.service, s -> new HashSet<>()).add(handling.tag);
  }

  /** A worker was killed, not before that time. */
  synchronized void killed(String worker, long time) {
    deaths.put(worker, time);
  }

  /** The kernel or PostgreSQL was killed between two times. */
  synchronized void disturbed(long from, long to) {
    disturbances.add(new long[] {from, to});
  }

  // ---- how far it is

  /** Ids of the acknowledged events whose every handling is refused. */
  synchronized Set<String> doomed() {
    return publishes.values().stream()
        .filter(p -> p.isAcknowledged() && CrashWorker.Fate.isRejected(p.tag))
        .map(p -> p.id)
        .collect(Collectors.toSet());
  }

  /** Acknowledged publishes that a service has not finished. */
  synchronized long missing(String service) {
    Set<String> done = finished.getOrDefault(service, Set.of());
    return publishes.values().stream()
        .filter(p -> p.isAcknowledged() && !done.contains(p.tag))
        .count();
  }

  /** Grows with everything that happens. */
  synchronized long steps() {
    return publishes.size() + acknowledged + failed + handlings.size();
  }

  synchronized String summary() {
    long repeats =
        handlings.size() - handlings.stream().map(h -> h.service + " " + h.tag).distinct().count();
    return ("events=%d acknowledged=%d failed=%d most_under_way=%d handled=%d duplicates=%d"
            + " dead_letters=%d")
        .formatted(
            publishes.size(),
            acknowledged,
            failed,
            mostUnderWay,
            handlings.size(),
            repeats,
            doomed().size());
  }

  // ---- judgement

  /** What is against the rules. */
  synchronized List<String> judge(List<String> services) {
    closeDisturbances();
    identities();
    for (String service : services) {
      publishes.values().stream()
          .filter(Publish::isAcknowledged)
          .filter(p -> !finished.getOrDefault(service, Set.of()).contains(p.tag))
          .forEach(p -> violations.add("lost at " + service + ": " + p.tag + " " + p.id));
      List<Handling> own =
          handlings.stream()
              .filter(h -> h.service.equals(service))
              .sorted(Comparator.comparingLong(h -> h.began))
              .toList();
      repeats(own);
      byLane(own)
          .forEach(
              (lane, of) -> {
                overlaps(of);
                order(lane, of);
              });
    }
    commonOrder(services);
    return violations;
  }

  /** What the dead letters of a service are must be what it refused, each once. */
  synchronized void letters(String service, List<String> eventIds) {
    Set<String> known = new HashSet<>();
    for (String id : eventIds) {
      if (!known.add(id)) {
        violations.add("two dead letters of one event at " + service + ": " + id);
      }
    }
    doomed().stream()
        .filter(id -> !known.contains(id))
        .forEach(id -> violations.add("refused but no dead letter at " + service + ": " + id));
    Set<String> refused =
        handlings.stream()
            .filter(h -> h.service.equals(service) && CrashWorker.Fate.isRejected(h.tag))
            .map(h -> h.id)
            .collect(Collectors.toSet());
    known.stream()
        .filter(id -> !refused.contains(id))
        .forEach(id -> violations.add("dead letter without refusal at " + service + ": " + id));
  }

  private static Map<String, List<Handling>> byLane(List<Handling> handlings) {
    return handlings.stream()
        .filter(h -> !h.lane.equals("-"))
        .collect(Collectors.groupingBy(h -> h.lane, TreeMap::new, Collectors.toList()));
  }

  /** Only what was published is handled, each publish as one event. */
  private void identities() {
    Map<String, String> ids = new HashMap<>();
    for (Handling handling : handlings) {
      Publish publish = publishes.get(handling.tag);
      if (publish == null || !publish.lane.equals(handling.lane)) {
        violations.add("never published: " + handling);
        continue;
      }
      String known = ids.putIfAbsent(handling.tag, handling.id);
      boolean two = known != null && !known.equals(handling.id);
      boolean another = publish.isAcknowledged() && !publish.id.equals(handling.id);
      if (two || another) {
        violations.add("two events of one publish: " + handling + " " + handling.id);
      }
    }
  }

  private void order(String lane, List<Handling> handlings) {
    Map<String, Long> firstBegin = new HashMap<>();
    Map<String, Long> firstEnd = new HashMap<>();
    for (Handling h : handlings) {
      firstBegin.merge(h.tag, h.began, Math::min);
      firstEnd.merge(h.tag, h.failed ? NEVER : h.ended, Math::min);
    }
    List<Publish> byBegin =
        publishes.values().stream()
            .filter(p -> p.lane.equals(lane))
            .sorted(Comparator.comparingLong(p -> p.began))
            .toList();
    List<Publish> byAck = byBegin.stream().sorted(Comparator.comparingLong(p -> p.acked)).toList();
    int next = 0;
    Finish latest = Finish.NONE;
    Map<String, Finish> ofSource = new HashMap<>();
    for (Publish p : byBegin) {
      for (; byAck.get(next).acked < p.began; next++) {
        Publish before = byAck.get(next);
        latest = latest.or(before.tag, firstEnd);
      }
      Finish called = ofSource.getOrDefault(p.source(), Finish.NONE);
      for (Finish earlier : List.of(latest, called)) {
        if (firstBegin.getOrDefault(p.tag, NEVER) < earlier.at) {
          violations.add(
              "out of order in %s: %s began before %s was finished, at %s"
                  .formatted(lane, p.tag, earlier.tag, handlings.get(0).service));
        }
      }
      if (p.isAcknowledged()) {
        ofSource.put(p.source(), called.or(p.tag, firstEnd));
      }
    }
  }

  /** The latest of some first ends. */
  private record Finish(String tag, long at) {
    static final Finish NONE = new Finish("", Long.MIN_VALUE);

    Finish or(String other, Map<String, Long> firstEnd) {
      long end = firstEnd.getOrDefault(other, NEVER);
      return end > at ? new Finish(other, end) : this;
    }
  }

  private void overlaps(List<Handling> handlings) {
    Handling last = null;
    for (Handling h : handlings) {
      if (last != null && h.began < endOf(last) && h.began - last.began < leaseNanos / 2) {
        violations.add("overlap: " + last + " | " + h);
      }
      if (last == null || endOf(h) > endOf(last)) {
        last = h;
      }
    }
  }

  private long endOf(Handling handling) {
    return handling.ended != NEVER ? handling.ended : deaths.getOrDefault(handling.worker, NEVER);
  }

  private void commonOrder(List<String> services) {
    Map<String, List<String>> first = laneOrders(services.get(0));
    Map<String, List<String>> second = laneOrders(services.get(1));
    first.forEach(
        (lane, tags) -> {
          List<String> others = second.getOrDefault(lane, List.of());
          List<String> a = tags.stream().filter(new HashSet<>(others)::contains).toList();
          List<String> b = others.stream().filter(new HashSet<>(tags)::contains).toList();
          for (int i = 0; i < a.size(); i++) {
            if (!a.get(i).equals(b.get(i))) {
              violations.add("two orders of " + lane + ": " + a.get(i) + " and " + b.get(i));
              return;
            }
          }
        });
  }

  /** Tags of each lane in the order of their first handling. */
  private Map<String, List<String>> laneOrders(String service) {
    List<Handling> own =
        handlings.stream()
            .filter(h -> h.service.equals(service))
            .sorted(Comparator.comparingLong(h -> h.began))
            .toList();
    Map<String, List<String>> orders = new TreeMap<>();
    byLane(own)
        .forEach((lane, of) -> orders.put(lane, of.stream().map(h -> h.tag).distinct().toList()));
    return orders;
  }

  private void repeats(List<Handling> handlings) {
    Map<String, Handling> before = new HashMap<>();
    for (Handling h : handlings) {
      Handling earlier = before.put(h.tag, h);
      if (earlier != null && !mayBeRepeated(earlier, h)) {
        violations.add("repeated although acknowledged: " + earlier + " | " + h);
      }
    }
  }

  private boolean mayBeRepeated(Handling h, Handling again) {
    long death = deaths.getOrDefault(h.worker, NEVER);
    if (h.ended == NEVER) {
      return death != NEVER || again.began - h.began > leaseNanos / 2;
    }
    if (h.failed || h.cancelled || h.ended - h.began > leaseNanos / 2) {
      return true;
    }
    long durable = Math.max(h.ended + 2 * SECOND, evidence(h.ended + SECOND));
    return death <= durable
        || disturbances.stream().anyMatch(d -> d[0] <= durable && d[1] >= h.began);
  }

  /** When the first publish was acknowledged that began after a time. */
  private long evidence(long time) {
    return publishes.values().stream()
        .filter(p -> p.began > time)
        .mapToLong(p -> p.acked)
        .min()
        .orElse(NEVER);
  }

  private void closeDisturbances() {
    disturbances.forEach(d -> d[1] = Math.max(d[1] + 5 * SECOND, evidence(d[1])));
  }
}
