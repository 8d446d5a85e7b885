package io.trestle.traces;

import io.micrometer.core.instrument.Counter;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.TraceStreams.Append;
import io.trestle.conversations.TraceStreams.Appended;
import io.trestle.conversations.TraceStreams.Chunk;
import io.trestle.conversations.TraceStreams.Ended;
import io.trestle.conversations.TraceStreams.Gap;
import io.trestle.conversations.TraceStreams.Heard;
import io.trestle.conversations.TraceStreams.Opened;
import io.trestle.conversations.TraceStreams.RootEnded;
import io.trestle.conversations.TraceStreams.Word;
import io.trestle.conversations.TraceStreams.WritersGone;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.pipeline.AfterFailure;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WriteFailure;
import io.trestle.traces.TraceStore.Written;
import io.trestle.traces.core.Entry;
import io.trestle.traces.core.Entry.Kind;
import io.trestle.traces.core.Shares;
import io.trestle.traces.core.Shares.Holder;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the words of writers, gives each its place, and answers after the commit.
 *
 * <p>What one instance says gets its places in the order in which it was said: whatever has to be
 * read first (the stream, whether a number was used before) holds up what follows, and once a word
 * of a gRPC stream has failed, all that follow on that stream fail too. The instance then says them
 * again, in order, on another stream. A number that is larger than all before is new; any other is
 * looked up, so that nothing said twice is stored twice, over restarts too. Before a look-up, a
 * write whose outcome is unknown is settled ({@link Doubts}): it could be stored after the look-up.
 */
final class AppendDesk {
  /** Writers of one gRPC stream. */
  static final int MAX_WRITERS = 4_096;

  /** Bytes that were said and are not answered. */
  static final long MAX_BYTES = 128L << 20;

  private static final long OVERHEAD = 512;

  private static final Logger LOG = LoggerFactory.getLogger(AppendDesk.class);
  private static final UUID NOBODY = new UUID(0, 0);

  private final ModuleContext kernel;
  private final TraceStore store;
  private final Traces traces;
  private final Doubts doubts;
  private final Consumer<Trace> changed;
  private final Counter written;
  private final Shares bytes;
  private final Map<UUID, Sender> senders = new HashMap<>();
  private final Map<UUID, Inlet> inlets = new HashMap<>();

  /** An instance that writes: its largest number so far, and what is under way. */
  private static final class Sender {
    private final Map<Long, Future<Appended>> flying = new HashMap<>();
    private Future<Void> turn = Future.succeededFuture();
    private long top;
    private int inlets;
  }

  /** A gRPC stream by which an instance writes. */
  private static final class Inlet {
    private final UUID instance;
    private final Set<Trace.Writer> writers = new HashSet<>();
    private boolean failed;

    Inlet(UUID instance) {
      this.instance = instance;
    }
  }

  /**
   * An empty desk.
   *
   * @param bytes what may be said and not answered, and by whom; {@link #MAX_BYTES} in all
   * @param changed hears of a stream with a new entry or fewer writers
   */
  AppendDesk(
      ModuleContext kernel,
      TraceStore store,
      Traces traces,
      Doubts doubts,
      Shares bytes,
      Consumer<Trace> changed) {
    this.kernel = kernel;
    this.store = store;
    this.traces = traces;
    this.doubts = doubts;
    this.bytes = bytes;
    this.changed = changed;
    this.written = kernel.meters().counter("sb_trace_chunks_total");
  }

  /** Open writers. */
  int writers() {
    return inlets.values().stream().mapToInt(inlet -> inlet.writers.size()).sum();
  }

  Future<Appended> append(Append q) {
    Inlet inlet = inlet(q);
    Sender sender = sender(q.instanceId());
    Promise<Appended> answer = Promise.promise();
    answer.future().onFailure(e -> inlet.failed = true);
    if (!take(q, answer)) {
      return answer.future();
    }
    sender.turn =
        sender
            .turn
            .compose(v -> admit(inlet, sender, q, answer))
            .otherwise(
                e -> {
                  answer.tryFail(e);
                  return null;
                });
    return answer.future();
  }

  /** Counts a word until it is answered; refuses it when there are too many. */
  private boolean take(Append q, Promise<Appended> answer) {
    Holder holder = holder(q);
    long size = OVERHEAD + (q.word() instanceof Chunk chunk ? chunk.json().length : 0);
    if (!bytes.take(holder, size)) {
      String bounds =
          "bytes: too many wait (expected: %d of an instance, %d of a service, %d of all)";
      answer.fail(
          Refused.of(
              Reason.OVERLOADED,
              bounds.formatted(bytes.ofInstance(), bytes.ofService(), bytes.limit())));
      return false;
    }
    answer.future().onComplete(v -> bytes.give(holder, size));
    return true;
  }

  private static Holder holder(Append q) {
    return new Holder(q.serviceId(), q.instanceId());
  }

  private Inlet inlet(Append q) {
    Inlet known = inlets.get(q.stream());
    if (known == null) {
      known = new Inlet(q.instanceId());
      inlets.put(q.stream(), known);
      sender(q.instanceId()).inlets++;
    }
    return known;
  }

  private Sender sender(UUID instance) {
    Sender known = senders.get(instance);
    if (known == null) {
      Sender made = new Sender();
      made.turn =
          doubts
              .read(() -> store.top(instance))
              .transform(
                  read -> {
                    made.top = read.succeeded() ? read.result() : Long.MAX_VALUE; // look all up
                    return Future.succeededFuture();
                  });
      senders.put(instance, made);
      known = made;
    }
    return known;
  }

  /** Completes when the word has its place. */
  private Future<Void> admit(Inlet inlet, Sender sender, Append q, Promise<Appended> answer) {
    checkOpen(inlet);
    return traces
        .open(q.traceId(), holder(q))
        .compose(trace -> admit(inlet, sender, trace, q, answer))
        .onComplete(v -> traces.release(q.traceId()));
  }

  private Future<Void> admit(
      Inlet inlet, Sender sender, Trace trace, Append q, Promise<Appended> answer) {
    checkOpen(inlet);
    open(inlet, trace, q);
    if (q.word() instanceof Opened) {
      answer.complete(new Appended(0));
      return Future.succeededFuture();
    }
    Future<Appended> flying = sender.flying.get(q.clientSeq());
    if (flying != null) {
      flying.onComplete(answer);
      return Future.succeededFuture();
    }
    if (q.clientSeq() > sender.top) {
      place(inlet, sender, trace, q, answer);
      return Future.succeededFuture();
    }
    return doubts
        .read(() -> store.sent(q.instanceId(), q.clientSeq()))
        .recover(e -> Future.failedFuture(unavailable()))
        .map(
            sequence -> {
              checkOpen(inlet);
              if (sequence == 0) {
                place(inlet, sender, trace, q, answer);
              } else {
                repeated(inlet, trace, q, sequence);
                answer.complete(new Appended(sequence));
              }
              return null;
            });
  }

  private static void checkOpen(Inlet inlet) {
    if (inlet.failed) {
      throw Refused.of(Reason.UNAVAILABLE, "an earlier message of this stream was not stored");
    }
  }

  private static Refused unavailable() {
    return Refused.of(Reason.UNAVAILABLE, "traces: not stored, the database does not answer");
  }

  private void repeated(Inlet inlet, Trace trace, Append q, long sequence) {
    trace.found(sequence);
    if (q.word() instanceof Ended) {
      close(inlet, trace, q);
    }
    changed.accept(trace);
  }

  // ---- writers

  private static void open(Inlet inlet, Trace trace, Append q) {
    Trace.Writer writer = writer(q);
    if (inlet.writers.contains(writer) || q.word() instanceof Ended) {
      return;
    }
    if (inlet.writers.size() >= MAX_WRITERS) {
      throw Refused.of(
          Reason.OVERLOADED, "writers: too many on one stream (expected: " + MAX_WRITERS + ")");
    }
    inlet.writers.add(writer);
    trace.opened(writer);
  }

  private void close(Inlet inlet, Trace trace, Append q) {
    Trace.Writer writer = writer(q);
    inlet.writers.remove(writer);
    trace.closed(writer, kernel.clock().millis());
  }

  private static Trace.Writer writer(Append q) {
    return new Trace.Writer(q.stream(), q.traceId(), q.writer());
  }

  Future<Heard> gone(WritersGone q) {
    Inlet inlet = inlets.remove(q.stream());
    if (inlet != null) {
      inlet.failed = true;
      inlet.writers.forEach(this::left);
      Sender sender = sender(inlet.instance);
      sender.inlets--;
      forget(inlet.instance, sender);
    }
    return Future.succeededFuture(new Heard());
  }

  private void left(Trace.Writer writer) {
    Trace trace = traces.find(writer.traceId());
    if (trace != null) {
      trace.closed(writer, kernel.clock().millis());
      changed.accept(trace);
    }
  }

  private void forget(UUID instance, Sender sender) {
    if (sender.inlets == 0 && sender.flying.isEmpty()) {
      senders.remove(instance, sender);
    }
  }

  // ---- places

  private void place(Inlet inlet, Sender sender, Trace trace, Append q, Promise<Appended> answer) {
    Entry entry = entry(trace, q.word());
    if (entry == null) {
      LOG.debug("too many keys trace={}", trace.id());
      answer.complete(new Appended(0));
      return;
    }
    sender.top = Math.max(sender.top, q.clientSeq());
    sender.flying.put(q.clientSeq(), answer.future());
    store(
            trace,
            new Written(
                trace.id(),
                entry,
                kernel.clock().millis(),
                q.serviceId(),
                q.instanceId(),
                q.clientSeq()))
        .onComplete(
            done -> {
              sender.flying.remove(q.clientSeq());
              if (done.succeeded() && q.word() instanceof Ended) {
                close(inlet, trace, q);
              }
              forget(q.instanceId(), sender);
              changed.accept(trace);
              if (done.succeeded()) {
                answer.complete(new Appended(entry.sequence()));
              } else {
                answer.fail(done.cause());
              }
            });
  }

  private static @Nullable Entry entry(Trace trace, Word word) {
    if (word instanceof Chunk chunk && trace.takes(chunk.key())) {
      return trace.assign(Kind.CHUNK, chunk.key(), chunk.json(), 0);
    }
    if (word instanceof Gap gap && trace.takes(gap.key())) {
      return trace.assign(Kind.GAP, gap.key(), new byte[0], gap.dropped());
    }
    return word instanceof Ended ended ? end(trace, ended.status()) : null;
  }

  private static Entry end(Trace trace, String status) {
    return trace.assign(Kind.END, "", status.getBytes(StandardCharsets.UTF_8), 0);
  }

  private Future<Void> store(Trace trace, Written row) {
    Write write =
        Write.of(TraceStore.APPEND, row)
            .orderKey(trace.id())
            .afterFailure(AfterFailure.FAIL)
            .build();
    return kernel
        .pipeline()
        .submit(write)
        .transform(
            done -> {
              if (done.succeeded()) {
                written.increment();
                trace.committed(row.entry(), kernel.clock().millis());
                return Future.succeededFuture();
              }
              LOG.debug("chunk not stored trace={} reason={}", trace.id(), done.cause().toString());
              if (!(done.cause() instanceof WriteFailure failure)
                  || failure.code().maybeWritten()) {
                doubts.arose();
              }
              trace.failed();
              return Future.failedFuture(unavailable());
            });
  }

  /** Somebody who knows operations tells that the root of a trace ended. */
  Future<Heard> rootEnded(RootEnded q) {
    return traces
        .open(q.traceId(), new Holder(NOBODY, NOBODY))
        .compose(
            trace -> {
              long now = kernel.clock().millis();
              Entry entry = end(trace, q.status());
              return store(trace, new Written(trace.id(), entry, now, NOBODY, NOBODY, 0))
                  .onComplete(v -> changed.accept(trace));
            })
        .onComplete(v -> traces.release(q.traceId()))
        .map(v -> new Heard());
  }
}
