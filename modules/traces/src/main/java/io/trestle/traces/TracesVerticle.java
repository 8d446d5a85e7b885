package io.trestle.traces;

import io.micrometer.core.instrument.Gauge;
import io.trestle.conversations.Conversation;
import io.trestle.conversations.TraceStreams;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus;
import io.trestle.traces.core.Shares;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The owner of the streams: one event loop. Questions in become calls of the two desks. */
final class TracesVerticle extends VerticleBase {
  private final ModuleContext kernel;
  private final List<Bus.Registration> registrations = new ArrayList<>();
  private final AtomicInteger watching = new AtomicInteger();
  private @Nullable Sweeper sweeper;

  TracesVerticle(ModuleContext kernel) {
    this.kernel = kernel;
  }

  @Override
  public Future<?> start() {
    TraceStore store = new TraceStore(kernel.database().pool());
    Sweeper sweeps = new Sweeper(kernel, store);
    sweeper = sweeps;
    Gauge.builder("sb_trace_watchers", watching, AtomicInteger::get).register(kernel.meters());
    return sweeps
        .partitions()
        .onSuccess(
            v -> {
              sweeps.start();
              listen(store);
            });
  }

  private void listen(TraceStore store) {
    Doubts doubts =
        new Doubts(() -> kernel.pipeline().submit(TraceStore.PROBE, new TraceStore.Probe(0)));
    Traces traces = new Traces(store, doubts, kernel.clock().millis(), new Shares(Traces.MAX));
    WatchDesk watches = new WatchDesk(kernel, context, store, traces);
    AppendDesk appends =
        new AppendDesk(
            kernel, store, traces, doubts, new Shares(AppendDesk.MAX_BYTES), watches::changed);
    answer(TraceStreams.APPEND, appends::append);
    answer(TraceStreams.WRITERS_GONE, appends::gone);
    answer(TraceStreams.ROOT_ENDED, appends::rootEnded);
    answer(TraceStreams.TAKEN, watches::taken);
    answer(TraceStreams.WATCH, q -> watches.watch(q).onComplete(v -> count(watches)));
    answer(TraceStreams.UNWATCH, q -> watches.unwatch(q).onComplete(v -> count(watches)));
  }

  private void count(WatchDesk watches) {
    watching.set(watches.size());
  }

  private <Q extends Record, A extends Record> void answer(
      Conversation<Q, A> conversation, Function<Q, Future<A>> answerer) {
    registrations.add(kernel.bus().answer(conversation, answerer));
  }

  @Override
  public Future<?> stop() {
    registrations.forEach(Bus.Registration::close);
    Sweeper running = sweeper;
    if (running != null) {
      running.stop();
    }
    return Future.succeededFuture();
  }
}
