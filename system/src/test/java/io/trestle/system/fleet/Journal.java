package io.trestle.system.fleet;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What was done to the fleet and what came of calls, with the times of {@link System#nanoTime}.
 *
 * <p>An edit of a policy does not happen at a moment: it begins when it is sent, and is settled
 * when every instance has been seen to hold it. From its beginning on the new policy may be in
 * force, until it is settled the old one may still be. No bound of time is assumed anywhere, so a
 * slow machine makes judgements fewer and never wrong.
 */
final class Journal {
  static final long OPEN = Long.MAX_VALUE;

  private final List<Reign> reigns = new ArrayList<>();
  private final List<Trouble> troubles = new ArrayList<>();
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final Map<String, Queue<Run>> runs = new ConcurrentHashMap<>();

  /** A policy and when it may have been in force. */
  record Reign(int service, Access access, long from, long until) {
    boolean overlaps(long begin, long end) {
      return from <= end && until >= begin;
    }
  }

  /** What may happen to an instance. */
  enum Kind {
    START,
    DRAIN,
    KILL,
    CUT,
    REVOKE
  }

  /** Something happened to an instance, until everybody knew of what came of it. */
  record Trouble(Node node, Kind kind, long from, long until) {
    /** Whether the instance itself suffers from it: some things are for ever. */
    boolean lasts(long begin, long end) {
      boolean forEver = kind == Kind.DRAIN || kind == Kind.KILL || kind == Kind.REVOKE;
      return forEver ? from <= end : overlaps(begin, end);
    }

    boolean overlaps(long begin, long end) {
      return from <= end && until >= begin;
    }
  }

  /** A handler ran. */
  record Run(Node node, String callerService, long at) {}

  /** A call with its end; {@code failure} is empty for a success. */
  record Call(String id, Route route, long begin, long end, String failure) {
    boolean succeeded() {
      return failure.isEmpty();
    }
  }

  synchronized void reigns(int service, Access access, long from) {
    reigns.add(new Reign(service, access, from, OPEN));
  }

  synchronized void trouble(Node node, Kind kind, long from) {
    troubles.add(new Trouble(node, kind, from, OPEN));
  }

  /** Everybody holds the newest policy of each service and knows who is there. */
  synchronized void settled(long now) {
    for (int i = 0; i < reigns.size(); i++) {
      Reign reign = reigns.get(i);
      boolean newest =
          reigns.subList(i + 1, reigns.size()).stream()
              .noneMatch(later -> later.service == reign.service);
      if (!newest && reign.until == OPEN) {
        reigns.set(i, new Reign(reign.service, reign.access, reign.from, now));
      }
    }
    troubles.replaceAll(t -> t.until == OPEN ? new Trouble(t.node, t.kind, t.from, now) : t);
  }

  void ran(String id, Run run) {
    runs.computeIfAbsent(id, i -> new ConcurrentLinkedQueue<>()).add(run);
  }

  void ended(Call call) {
    calls.add(call);
  }

  int callCount() {
    return calls.size();
  }

  Collection<Call> calls() {
    return calls;
  }

  List<Run> runs(String id) {
    return List.copyOf(runs.getOrDefault(id, new ConcurrentLinkedQueue<>()));
  }

  /** The policies of a service that may have been in force at some time of this. */
  synchronized List<Access> possible(int service, long begin, long end) {
    return reigns.stream()
        .filter(reign -> reign.service == service && reign.overlaps(begin, end))
        .map(Reign::access)
        .toList();
  }

  synchronized List<Trouble> troubles(int service, long begin, long end) {
    return troubles.stream()
        .filter(t -> t.node.service() == service && t.overlaps(begin, end))
        .toList();
  }

  /** Whether everybody knew at some time that an instance is revoked. */
  synchronized boolean isRevoked(Node node, long at) {
    return troubles.stream()
        .anyMatch(t -> t.node == node && t.kind == Kind.REVOKE && t.until <= at);
  }

  /** Whether an instance was there all the time, known to all, and nothing happened to it. */
  synchronized boolean isStable(Node node, long begin, long end) {
    return node.began() <= begin
        && troubles.stream().noneMatch(t -> t.node == node && t.lasts(begin, end));
  }
}
