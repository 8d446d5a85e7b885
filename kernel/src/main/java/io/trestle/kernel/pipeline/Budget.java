package io.trestle.kernel.pipeline;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What all writes without verdict may take, over both lanes. A write reserves before anything else
 * happens to it, on whatever thread it arrives, so memory is bounded even while an event loop is
 * busy. Bulk sees four fifths of the limit, which keeps the last fifth for durable writes.
 */
final class Budget {

  /** Bytes and units. */
  record Usage(long bytes, int units) {

    Usage plus(long moreBytes, int moreUnits) {
      return new Usage(bytes + moreBytes, units + moreUnits);
    }

    boolean within(Usage limit) {
      return bytes <= limit.bytes && units <= limit.units;
    }
  }

  private final Usage limit;
  private final Usage bulkLimit;
  private final AtomicReference<Usage> used = new AtomicReference<>(new Usage(0, 0));

  Budget(long maxBytes, int maxUnits) {
    limit = new Usage(maxBytes, maxUnits);
    bulkLimit = new Usage(maxBytes / 5 * 4 + maxBytes % 5 * 4 / 5, (int) (maxUnits * 4L / 5));
  }

  /** Takes room for one write, or says why there is none. */
  @Nullable WriteFailure reserve(Lane lane, long bytes) {
    Usage allowed = lane == Lane.BULK ? bulkLimit : limit;
    while (true) {
      Usage now = used();
      Usage next = now.plus(bytes, 1);
      if (!next.within(allowed)) {
        return WriteFailure.full(lane, now, allowed);
      }
      if (used.compareAndSet(now, next)) {
        return null;
      }
    }
  }

  /** Gives back the room of writes that got their verdict. */
  void release(long bytes, int units) {
    Usage now = used();
    while (!used.compareAndSet(now, now.plus(-bytes, -units))) {
      now = used();
    }
  }

  Usage used() {
    return Objects.requireNonNull(used.get());
  }
}
