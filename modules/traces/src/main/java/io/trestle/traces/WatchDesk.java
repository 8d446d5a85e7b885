package io.trestle.traces;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.TraceStreams;
import io.trestle.conversations.TraceStreams.Heard;
import io.trestle.conversations.TraceStreams.Item;
import io.trestle.conversations.TraceStreams.Items;
import io.trestle.conversations.TraceStreams.Taken;
import io.trestle.conversations.TraceStreams.Unwatch;
import io.trestle.conversations.TraceStreams.Watch;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.settings.TelemetrySettings;
import io.trestle.traces.core.Ending;
import io.trestle.traces.core.Entry;
import io.trestle.traces.core.Memory;
import io.trestle.traces.core.Shares.Holder;
import io.trestle.traces.core.WatchCursor;
import io.trestle.traces.core.WatchCursor.Step;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives watchers what their cursors say, and tells them the end. */
final class WatchDesk {
  /** Watches of one instance. */
  static final int MAX_OF_INSTANCE = 64;

  /** Watches of all. */
  static final int MAX = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(WatchDesk.class);
  private static final long MEMORY = 64L << 20;
  private static final long RETRY_MILLIS = 500;

  private final ModuleContext kernel;
  private final Context owner;
  private final TraceStore store;
  private final Traces traces;
  private final Memory memory = new Memory(MEMORY);
  private final Map<UUID, Watcher> watchers = new HashMap<>();
  private final Map<UUID, Integer> ofInstance = new HashMap<>();
  private final Set<UUID> loading = new HashSet<>();

  WatchDesk(ModuleContext kernel, Context owner, TraceStore store, Traces traces) {
    this.kernel = kernel;
    this.owner = owner;
    this.store = store;
    this.traces = traces;
  }

  int size() {
    return ofInstance.values().stream().mapToInt(Integer::intValue).sum();
  }

  Future<Heard> watch(Watch q) {
    if (size() >= MAX || ofInstance.getOrDefault(q.instanceId(), 0) >= MAX_OF_INSTANCE) {
      throw Refused.of(
          Reason.OVERLOADED,
          "watches: too many (expected: %d of an instance, %d of all)"
              .formatted(MAX_OF_INSTANCE, MAX));
    }
    ofInstance.merge(q.instanceId(), 1, Integer::sum);
    loading.add(q.watch());
    return traces
        .open(q.traceId(), new Holder(q.instanceId(), q.instanceId()))
        .map(
            trace -> {
              checkWanted(q);
              WatchCursor cursor = new WatchCursor(q.key(), q.after(), trace.head(), memory);
              Watcher watcher = new Watcher(q.watch(), q.instanceId(), trace, q.key(), cursor);
              watchers.put(q.watch(), watcher);
              trace.watchers().add(watcher);
              owner.runOnContext(v -> go(watcher));
              return new Heard();
            })
        .onFailure(e -> count(q.instanceId()))
        .onComplete(
            v -> {
              loading.remove(q.watch());
              traces.release(q.traceId());
            });
  }

  /** Who asked may have gone while the stream was read, and nobody would ever end the watch. */
  private void checkWanted(Watch q) {
    if (!loading.contains(q.watch())) {
      throw Refused.of(Reason.CANCELLED, "the watch is over");
    }
  }

  Future<Heard> taken(Taken q) {
    Watcher watcher = watchers.get(q.watch());
    if (watcher != null) {
      watcher.cursor().taken();
      go(watcher);
    }
    return Future.succeededFuture(new Heard());
  }

  Future<Heard> unwatch(Unwatch q) {
    loading.remove(q.watch());
    Watcher watcher = watchers.get(q.watch());
    if (watcher != null) {
      remove(watcher);
    }
    return Future.succeededFuture(new Heard());
  }

  /** A stream has a new entry, or fewer writers. */
  void changed(Trace trace) {
    trace.watching().forEach(this::go);
    traces.leave(trace);
  }

  private void remove(Watcher watcher) {
    if (watchers.remove(watcher.watch()) != null) {
      watcher.cursor().forget();
      watcher.trace().watchers().remove(watcher);
      count(watcher.instance());
      traces.leave(watcher.trace());
    }
  }

  private void count(UUID instance) {
    ofInstance.computeIfPresent(instance, (i, n) -> n == 1 ? null : n - 1);
  }

  private void go(Watcher watcher) {
    if (watchers.containsKey(watcher.watch())) {
      follow(watcher, watcher.cursor().next());
    }
  }

  private void follow(Watcher watcher, Step step) {
    if (step instanceof Step.Read read) {
      read(watcher, read);
    } else if (step instanceof Step.Send send) {
      deliver(watcher, new Items(send.entries().stream().map(WatchDesk::item).toList(), ""));
    } else if (watcher.cursor().isIdle()) {
      judge(watcher);
    }
  }

  private void read(Watcher watcher, Step.Read read) {
    store
        .page(watcher.trace().id(), watcher.key(), read.after(), read.upTo())
        .onSuccess(
            rows -> {
              boolean whole = rows.size() < TraceStore.PAGE;
              if (watchers.containsKey(watcher.watch())) {
                follow(watcher, watcher.cursor().page(rows, read.upTo(), whole));
              }
            })
        .onFailure(
            e -> {
              LOG.debug("not read yet trace={} reason={}", watcher.trace().id(), e.toString());
              watcher.cursor().taken();
              later(RETRY_MILLIS, watcher);
            });
  }

  private static Item item(Entry entry) {
    return new Item(entry.sequence(), entry.key(), entry.data(), entry.dropped());
  }

  private void deliver(Watcher watcher, Items items) {
    kernel
        .bus()
        .request(TraceStreams.DELIVER, watcher.watch().toString(), items)
        .onFailure(e -> remove(watcher));
  }

  private void judge(Watcher watcher) {
    Trace trace = watcher.trace();
    long now = kernel.clock().millis();
    long abandoned = kernel.settings().get(TelemetrySettings.ABANDONED_GRACE).toMillis();
    Ending.Verdict verdict =
        Ending.judge(
            now, trace.status(), trace.head() > 0, trace.writers(), trace.quietSince(), abandoned);
    if (verdict instanceof Ending.Verdict.Complete complete) {
      deliver(watcher, new Items(List.of(), complete.status()));
      remove(watcher);
    } else if (verdict instanceof Ending.Verdict.At at) {
      wake(watcher, Math.min(RETRY_MILLIS, at.millis() - now));
    }
  }

  /** One timer is enough for a watcher that has nothing else to wait for. */
  private void wake(Watcher watcher, long millis) {
    if (watcher.trace().wakeUp()) {
      kernel
          .vertx()
          .setTimer(
              Math.max(1, millis),
              id ->
                  owner.runOnContext(
                      v -> {
                        watcher.trace().awake();
                        changed(watcher.trace());
                      }));
    }
  }

  private void later(long millis, Watcher watcher) {
    kernel.vertx().setTimer(millis, id -> owner.runOnContext(v -> go(watcher)));
  }
}
