package io.trestle.traces;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.traces.core.Shares;
import io.trestle.traces.core.Shares.Holder;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The streams that somebody writes or watches, each read from the table once. */
final class Traces {
  /** Streams in memory. */
  static final int MAX = 100_000;

  private final TraceStore store;
  private final Doubts doubts;
  private final long started;
  private final Map<UUID, Future<Trace>> live = new HashMap<>();
  private final Map<UUID, Integer> held = new HashMap<>();
  private final Map<UUID, Holder> holders = new HashMap<>();
  private final Shares shares;

  /**
   * None yet.
   *
   * @param shares how many there may be, and of whom; {@link #MAX} in all
   */
  Traces(TraceStore store, Doubts doubts, long started, Shares shares) {
    this.shares = shares;
    this.store = store;
    this.doubts = doubts;
    this.started = started;
  }

  int size() {
    return live.size();
  }

  /**
   * The live stream of a trace; UNAVAILABLE when it cannot be read. Stays in memory until {@link
   * #release}, so that there are never two of one trace. It counts for whoever opened it first, to
   * its end in memory.
   */
  Future<Trace> open(UUID id, Holder by) {
    held.merge(id, 1, Integer::sum);
    return load(id, by);
  }

  /** Whoever opened it has said what it needs of it; also after a failure. */
  void release(UUID id) {
    held.computeIfPresent(id, (i, n) -> n == 1 ? null : n - 1);
    Trace trace = find(id);
    if (trace != null) {
      leave(trace);
    }
  }

  private Future<Trace> load(UUID id, Holder by) {
    Future<Trace> known = live.get(id);
    if (known != null) {
      return known;
    }
    if (!shares.take(by, 1)) {
      return Future.failedFuture(
          Refused.of(
              Reason.OVERLOADED,
              "traces: too many live (expected: %d of an instance, %d of a service, %d of all)"
                  .formatted(shares.ofInstance(), shares.ofService(), shares.limit())));
    }
    holders.put(id, by);
    Future<Trace> loading =
        doubts
            .read(() -> store.known(id))
            .transform(
                read -> {
                  if (read.succeeded()) {
                    return Future.succeededFuture(new Trace(id, read.result(), started));
                  }
                  forget(id);
                  return Future.failedFuture(
                      Refused.of(Reason.UNAVAILABLE, "traces: the database does not answer"));
                });
    live.put(id, loading);
    if (loading.failed()) { // at once, before it was put there
      forget(id);
    }
    return loading;
  }

  /** The stream, if it is live. */
  @Nullable Trace find(UUID id) {
    Future<Trace> known = live.get(id);
    return known == null || !known.succeeded() ? null : known.result();
  }

  /** Forgets a stream that nobody needs. */
  void leave(Trace trace) {
    if (trace.isIdle() && !held.containsKey(trace.id())) {
      forget(trace.id());
    }
  }

  private void forget(UUID id) {
    live.remove(id);
    Holder by = holders.remove(id);
    if (by != null) {
      shares.give(by, 1);
    }
  }
}
