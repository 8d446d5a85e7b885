package io.trestle.sdk.internal.traces;

import io.trestle.sdk.StateException;
import io.trestle.sdk.TraceItem;
import io.trestle.sdk.ValidationException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Trace streams without network, for tests of applications: what is written is kept. */
public final class MemoryTraces implements TraceWriters {
  private final List<TraceItem> items = new CopyOnWriteArrayList<>();
  private final AtomicLong sequence = new AtomicLong();

  /**
   * What was written, over all traces, in order; each end of a handler that wrote is a Complete.
   */
  public List<TraceItem> items() {
    return List.copyOf(items);
  }

  /** Forgets what was written. */
  public void reset() {
    items.clear();
  }

  @Override
  public TraceWriter open(String traceId) {
    return new Writer(traceId);
  }

  private final class Writer implements TraceWriter {
    private final String traceId;
    private volatile boolean over;

    Writer(String traceId) {
      this.traceId = traceId;
    }

    @Override
    public String traceId() {
      return traceId;
    }

    @Override
    public CompletionStage<Long> write(String json, String key) {
      if (over) {
        return CompletableFuture.failedFuture(new StateException("the trace stream has ended"));
      }
      try {
        byte[] unused = Chunks.checked(json, key);
      } catch (ValidationException e) {
        return CompletableFuture.failedFuture(e);
      }
      long place = sequence.incrementAndGet();
      items.add(new TraceItem.Chunk(place, key, json));
      return CompletableFuture.completedFuture(place);
    }

    @Override
    public void ended(boolean well) {
      over = true;
      items.add(new TraceItem.Complete(well ? "success" : "error"));
    }
  }
}
