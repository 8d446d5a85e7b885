package io.trestle.events;

import io.trestle.conversations.Events.Publish;
import io.trestle.conversations.Events.Published;
import io.trestle.events.core.RecentIds;
import io.trestle.kernel.pipeline.WritePipeline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where events come in. One owner gives out the places in the log, so that there is one order, and
 * one thread decides on duplicates, so that no lock is needed.
 *
 * <p>How a request is judged (events.md 2.5): what can be said without the database ({@link
 * io.trestle.events.core.EnvelopeCheck}), then ids and keys, then a place and the fan-out for what
 * is left, then one write. Two requests with the same id or key meet in {@link #underWay}: the
 * later waits for the earlier, at most a second.
 *
 * <p>A fresh event is not looked up. {@link RecentIds} says which ids can have been used before; an
 * id that is in the log in spite of that makes the write fail, and is looked up then. Keys are
 * always looked up.
 *
 * <p>Rejected: a unique index beside the log (an index more for every event), advisory locks (there
 * is one owner, fenced by its epoch), and a look-up for every event (it costs as much as the
 * write).
 */
final class PublishDesk {
  private static final Logger LOG = LoggerFactory.getLogger(PublishDesk.class);
  private static final int REMEMBERED = 1 << 19;
  private static final long CLOCKS_DIFFER_MILLIS = 60_000;
  private static final long RECONCILE_MILLIS = 500;

  private final EventsHouse house;
  private final RecentIds recent;
  private final Map<Object, Future<Void>> underWay = new HashMap<>();
  private long position;

  /**
   * Goes on behind what is stored.
   *
   * @param newest largest id in the log; ids of a later time are not there
   */
  PublishDesk(EventsHouse house, long head, UUID newest) {
    this.house = house;
    this.position = head;
    this.recent = new RecentIds(REMEMBERED, RecentIds.millis(newest));
  }

  /** A publisher's idempotency key. */
  record KeyRef(UUID service, String key) {}

  /** Judges and stores a request. */
  Future<Published> publish(Publish request) {
    house.metrics().publishBegun();
    return new PublishRun(this, house, request)
        .run()
        .onComplete(v -> house.metrics().publishEnded(request.receivedNanos()))
        .map(Published::new);
  }

  long nextPosition() {
    return ++position;
  }

  boolean maybeUsed(UUID id) {
    return recent.maybeUsed(id);
  }

  void used(UUID id) {
    recent.add(id, house.now() + CLOCKS_DIFFER_MILLIS);
  }

  /** The end of another request that has this id or key, or null. */
  Map<Object, Future<Void>> underWay() {
    return underWay;
  }

  /** Claims ids and keys until the promise completes. */
  void claim(List<Object> claims, Promise<Void> end) {
    claims.forEach(claim -> underWay.put(claim, end.future()));
    end.future().onComplete(v -> claims.forEach(claim -> underWay.remove(claim, end.future())));
  }

  /**
   * Nobody knows whether this write was committed: the log is asked once the pipeline writes again,
   * because a commit that was on its way cannot come after that.
   */
  void reconcile(CommitOrder.Write write, List<Arrival> arrivals) {
    UUID[] ids = arrivals.stream().map(a -> a.event().id()).toArray(UUID[]::new);
    probe()
        .compose(v -> house.log().events(ids))
        .onSuccess(
            found -> {
              List<Arrival> there =
                  arrivals.stream().filter(a -> isThis(found.get(a.event().id()), a)).toList();
              LOG.info("outcome of a write found events={} of={}", there.size(), ids.length);
              house.givenUp(arrivals.stream().filter(a -> !there.contains(a)).toList());
              write.committed(there);
            })
        .onFailure(e -> house.after(RECONCILE_MILLIS, () -> reconcile(write, arrivals)));
  }

  private static boolean isThis(@Nullable Logged found, Arrival arrival) {
    return found != null && found.position() == arrival.event().position();
  }

  /** A write that changes nothing. */
  private Future<Void> probe() {
    WritePipeline pipeline = house.pipeline();
    return pipeline.submit(LogStore.PROBE, new LogStore.Probe(0));
  }
}
