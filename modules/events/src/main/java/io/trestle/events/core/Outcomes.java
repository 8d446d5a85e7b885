package io.trestle.events.core;

import io.trestle.events.core.Burial.Reason;
import io.trestle.protocol.events.RetryPolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What becomes of a delivery: T2 to T8 of events.md 6.6, and whose turn it is in a lane. */
final class Outcomes<E> {
  static final String ORPHANED = "orphaned_pattern";
  static final String TIMEOUT = "visibility timeout";
  static final String LOST = "consumer lost";

  private static final Set<String> OVERLOAD =
      Set.of("local_overload", "local delivery concurrency exhausted");
  private static final String NO_HANDLER = "no handler";
  private static final int MAX_LOSSES = 10;
  private static final int MAX_ERROR_BYTES = 4096;
  private static final long OVERLOAD_MILLIS = 1_000;
  private static final long MAX_WAIT_MILLIS = 86_400_000;
  private static final long LONG_WAIT_MILLIS = 10_000;
  private static final int PREFETCH = 2;

  private final DispatchActions<E> actions;
  private final Supplier<DispatchRules> rules;
  private final RandomGenerator random;
  private final Audience audience;
  private final Book<E> book;
  private final Slots<E> slots;
  private final Router<E> router;
  private final Timers timers;
  private final Memory<E> memory;
  private Reason orphanReason = Reason.ORPHANED_PATTERN;
  private String orphanError = ORPHANED;

  Outcomes(
      DispatchActions<E> actions,
      Supplier<DispatchRules> rules,
      RandomGenerator random,
      Audience audience,
      Book<E> book,
      Slots<E> slots,
      Router<E> router,
      Timers timers,
      Memory<E> memory) {
    this.actions = actions;
    this.rules = rules;
    this.random = random;
    this.audience = audience;
    this.book = book;
    this.slots = slots;
    this.router = router;
    this.timers = timers;
    this.memory = memory;
  }

  /** It is its turn in its lane, or it has none: it waits for its time or for a slot. */
  void turn(Entry<E> entry, long now) {
    if (router.orphaned(entry.route, now)) {
      orphan(entry);
      return;
    }
    if (!audience.online() || entry.dueAt - now >= LONG_WAIT_MILLIS) {
      memory.letGo(entry);
    }
    if (entry.dueAt > now) {
      entry.state = Entry.State.DUE;
      timers.put(entry, entry.dueAt);
      memory.weigh(entry);
    } else {
      entry.readyAt = now;
      router.place(entry, now);
    }
  }

  /** T2. */
  void succeeded(Entry<E> entry, long now) {
    router.withdraw(entry);
    actions.finished(entry.position);
    remove(entry, now);
  }

  /** T3, T6 and rejection. */
  void refused(Entry<E> entry, UUID instance, Nack nack, long now) {
    if (nack.reject()) {
      entry.attempts++;
      bury(entry, Reason.REJECTED, cut(nack.error()));
    } else if (OVERLOAD.contains(nack.error())) {
      lost(entry, now + OVERLOAD_MILLIS, now);
    } else {
      boolean noHandler = nack.error().startsWith(NO_HANDLER);
      failed(entry, cut(nack.error()), noHandler ? instance : null, nack.retryAfterMillis(), now);
    }
  }

  /** T4. */
  void timedOut(Entry<E> entry, UUID instance, long now) {
    failed(entry, TIMEOUT, instance, -1, now);
  }

  private void failed(
      Entry<E> entry, String error, @Nullable UUID avoid, long retryAfter, long now) {
    entry.attempts++;
    entry.error = error;
    entry.avoid = avoid;
    if (router.orphaned(entry.route, now)) {
      orphan(entry);
    } else if (entry.attempts >= maxAttempts(entry)) {
      bury(entry, Reason.MAX_ATTEMPTS, error);
    } else {
      entry.dueAt = now + (retryAfter < 0 ? ladder(entry) : Math.min(retryAfter, MAX_WAIT_MILLIS));
      actions.store(entry.position, entry.trouble());
      turn(entry, now);
    }
  }

  private int maxAttempts(Entry<E> entry) {
    return Retries.of(entry.route.remaining)
        .map(RetryPolicy::maxAttempts)
        .orElseGet(() -> rules.get().maxAttempts());
  }

  private long ladder(Entry<E> entry) {
    Optional<RetryPolicy> own = Retries.of(entry.route.remaining);
    if (own.isPresent()) {
      return Retries.waitAfter(own.get(), entry.attempts, random);
    }
    List<Long> ladder = rules.get().ladderMillis();
    if (ladder.isEmpty()) {
      return 0;
    }
    long wait = ladder.get(Math.min(entry.attempts, ladder.size()) - 1);
    return (long) (wait * (0.75 + 0.5 * random.nextDouble()));
  }

  /** T5: the hand-out did not count. */
  void lost(Entry<E> entry, long dueAt, long now) {
    entry.losses++;
    entry.dueAt = dueAt;
    if (router.orphaned(entry.route, now)) {
      orphan(entry);
    } else if (entry.losses >= MAX_LOSSES) {
      bury(entry, Reason.MAX_ATTEMPTS, LOST);
    } else {
      actions.store(entry.position, entry.trouble());
      turn(entry, now);
    }
  }

  /** The hand-out did not happen. */
  void unsent(Entry<E> entry, long now) {
    actions.unsent(entry.position);
    if (router.orphaned(entry.route, now)) {
      orphan(entry);
    } else {
      turn(entry, now);
    }
  }

  /** What orphans are called from now on. */
  void orphansAre(Reason reason, String error) {
    orphanReason = reason;
    orphanError = error;
  }

  /** T7. */
  void orphan(Entry<E> entry) {
    bury(entry, orphanReason, orphanError);
  }

  /** T7, of all that are not handed out. */
  void orphan(Route<E> route) {
    for (Entry<E> e = route.all.first(); e != null; e = route.all.after(e)) {
      if (e.waits()) {
        orphan(e);
      }
    }
  }

  /** There is nothing to hand out. */
  void missing(Entry<E> entry, long now) {
    router.withdraw(entry);
    entry.late = null;
    remove(entry, now);
  }

  /** A dead letter is stored, then {@link #remove}d; until then it holds its lane. */
  void bury(Entry<E> entry, Reason reason, String error) {
    router.withdraw(entry);
    entry.state = Entry.State.BURYING;
    entry.late = null;
    E event = memory.burying(entry);
    actions.bury(new Burial<>(entry.position, event, reason, error, entry.attempts));
  }

  /** It is over; the next of its lane has its turn. */
  void remove(Entry<E> entry, long now) {
    Lane<E> lane = entry.lane;
    boolean head = lane != null && lane.isHead(entry);
    entry.state = Entry.State.GONE;
    memory.forget(entry);
    book.remove(entry);
    router.left(entry.route);
    Entry<E> next = lane != null && head ? lane.entries.first() : null;
    if (lane != null && next != null) {
      if (next.state == Entry.State.BEHIND) {
        turn(next, now);
      }
      prefetch(lane);
    }
  }

  /** As soon as one of the next two lacks its event, it is brought with those behind it. */
  private void prefetch(Lane<E> lane) {
    int ahead = PREFETCH;
    Entry<E> entry = audience.open() ? lane.entries.first() : null;
    for (int i = 0; i < ahead && entry != null; i++) {
      entry = lane.entries.after(entry);
      if (entry != null && entry.state == Entry.State.BEHIND && slots.bring(entry)) {
        ahead = Math.max(PREFETCH, memory.perLane());
      }
    }
  }

  /** At most 4 KiB of UTF-8. */
  private static String cut(String error) {
    byte[] bytes = error.length() <= MAX_ERROR_BYTES / 3 ? new byte[0] : utf8(error);
    if (bytes.length <= MAX_ERROR_BYTES) {
      return error;
    }
    int end = MAX_ERROR_BYTES;
    while ((bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
