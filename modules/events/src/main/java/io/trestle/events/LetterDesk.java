package io.trestle.events;

import io.trestle.conversations.EventAdmin;
import io.trestle.conversations.EventAdmin.Choice;
import io.trestle.conversations.EventAdmin.Letter;
import io.trestle.conversations.EventAdmin.Letters;
import io.trestle.conversations.EventAdmin.ListLetters;
import io.trestle.conversations.EventAdmin.Outcome;
import io.trestle.conversations.EventAdmin.Select;
import io.trestle.conversations.EventAdmin.ShowLetter;
import io.trestle.conversations.EventAdmin.Shown;
import io.trestle.conversations.EventAdmin.Skipped;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.DeadLetterDesk.Cursor;
import io.trestle.events.LetterStore.Entry;
import io.trestle.events.LetterStore.Wanted;
import io.trestle.events.core.Burial;
import io.trestle.protocol.events.EventPattern;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.PgException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators do with dead letters of all consumers. A call takes the oldest that fit, at most
 * 500, and says where to go on; a letter that dies again meanwhile is newer than the first call and
 * is not taken again by those that go on. Replays are made one after the other, so that letters of
 * one lane keep their order. Thread: the owner's event loop.
 */
final class LetterDesk {
  private static final Logger LOG = LoggerFactory.getLogger(LetterDesk.class);
  private static final int PAGE = 50;
  private static final UUID FIRST = new UUID(0, 0);
  private static final int DROP_ATTEMPTS = 8;
  private static final long DROP_AGAIN_MILLIS = 100;

  private final EventsHouse house;
  private final LetterStore store;
  private final DeadLetterDesk letters;

  LetterDesk(EventsHouse house, LetterStore store, DeadLetterDesk letters) {
    this.house = house;
    this.store = store;
    this.letters = letters;
  }

  // ---- reading

  Future<Letters> list(ListLetters q) {
    Cursor cursor = Cursor.parse(q.cursor());
    int limit = limit(q.limit(), PAGE);
    return store
        .newest(wanted(q.choice()), cursor.time(), cursor.id(), limit + 1)
        .map(entries -> page(entries, limit))
        .recover(LetterDesk::refusal);
  }

  private static Letters page(List<Entry> entries, int limit) {
    boolean more = entries.size() > limit;
    List<Letter> shown = entries.stream().limit(limit).map(Entry::letter).toList();
    return new Letters(shown, more ? cursor(shown.get(limit - 1)).format() : "");
  }

  private static Cursor cursor(Letter last) {
    return new Cursor(last.deadAtMillis(), last.id());
  }

  Future<Shown> show(ShowLetter q) {
    return store
        .ofIds(wanted(new Choice(q.service(), "", "")), List.of(q.id()))
        .map(found -> only(q, found))
        .compose(
            letter ->
                store
                    .content(letter.id())
                    .map(event -> shown(letter, event.orElseThrow(() -> unknown(q.id())))))
        .recover(LetterDesk::refusal);
  }

  private static Letter only(ShowLetter q, List<Entry> found) {
    if (found.isEmpty()) {
      throw unknown(q.id());
    }
    if (found.size() > 1) {
      String ids =
          found.stream()
              .map(e -> e.letter().id() + " of " + e.letter().service())
              .collect(Collectors.joining(", "));
      throw Refused.of(
          Reason.PRECONDITION, "id: " + q.id() + " has several (expected: one of " + ids + ")");
    }
    return found.get(0).letter();
  }

  private static Refused unknown(UUID id) {
    return Refused.of(
        Reason.NOT_FOUND, "id: " + id + " (expected: that of a dead letter or of its event)");
  }

  private Shown shown(Letter letter, Logged logged) {
    return new Shown(
        letter,
        logged.publisherService(),
        house.gates().name(logged.publisherService()),
        logged.publisherInstance(),
        logged.event().payload(),
        logged.event().contractHash(),
        logged.event().idempotencyKey(),
        logged.event().headers(),
        logged.event().occurredAtMillis(),
        logged.createdAt(),
        logged.event().trace());
  }

  // ---- replaying and dropping

  Future<Outcome> replay(Select q) {
    return selected(q)
        .compose(
            selection -> {
              Tally tally = new Tally(selection);
              return replay(selection.entries(), 0, tally).map(v -> tally.outcome());
            })
        .onSuccess(done -> LOG.info("dead letters replayed count={}", done.done()))
        .recover(LetterDesk::refusal);
  }

  private Future<Void> replay(List<Entry> entries, int at, Tally tally) {
    if (at >= entries.size()) {
      return Future.succeededFuture();
    }
    Entry entry = entries.get(at);
    return letters
        .replay(entry.consumer(), entry.letter().eventId())
        .transform(
            done -> {
              if (done.failed() && !(done.cause() instanceof Refused)) {
                return Future.failedFuture(done.cause());
              }
              tally.count(entry, done.failed() ? String.valueOf(done.cause().getMessage()) : "");
              return replay(entries, at + 1, tally);
            });
  }

  Future<Outcome> drop(Select q) {
    return selected(q)
        .compose(
            selection -> {
              Tally tally = new Tally(selection);
              List<Entry> locked = new ArrayList<>();
              for (Entry entry : selection.entries()) {
                if (letters.lock(entry.consumer(), entry.letter().eventId())) {
                  locked.add(entry);
                } else {
                  tally.count(entry, "it is being replayed or dropped right now");
                }
              }
              return drop(locked, 1, tally)
                  .onComplete(v -> locked.forEach(this::unlock))
                  .map(v -> tally.outcome());
            })
        .onSuccess(done -> LOG.info("dead letters dropped count={}", done.done()))
        .recover(LetterDesk::refusal);
  }

  private void unlock(Entry entry) {
    letters.unlock(entry.consumer(), entry.letter().eventId());
  }

  private Future<Void> drop(List<Entry> entries, int attempt, Tally tally) {
    if (entries.isEmpty()) {
      return Future.succeededFuture();
    }
    List<UUID> ids = entries.stream().map(e -> e.letter().id()).toList();
    return store
        .drop(ids)
        .compose(
            dropped -> {
              Set<UUID> gone = new HashSet<>(dropped);
              List<Entry> left = new ArrayList<>();
              for (Entry entry : entries) {
                if (gone.contains(entry.letter().id())) {
                  house.metrics().deadLetterGone(entry.consumer());
                  tally.count(entry, "");
                } else {
                  left.add(entry);
                  storeProgress(entry);
                }
              }
              return left.isEmpty() || attempt == DROP_ATTEMPTS
                  ? tooFresh(left, tally)
                  : later().compose(v -> drop(left, attempt + 1, tally));
            });
  }

  private void storeProgress(Entry entry) {
    ConsumerFeed feed = house.feeds().get(entry.consumer());
    if (feed != null) {
      house.ledger().moved(feed);
    }
  }

  /** Progress is stored every 100 ms; the letters of what is not stored yet are still needed. */
  private Future<Void> later() {
    Promise<Void> later = Promise.promise();
    house.after(DROP_AGAIN_MILLIS, later::complete);
    return later.future();
  }

  private static Future<Void> tooFresh(List<Entry> left, Tally tally) {
    left.forEach(
        entry -> tally.count(entry, "gone already, or its progress is not stored yet: try again"));
    return Future.succeededFuture();
  }

  // ---- selection

  /** What a call works on, and where the next goes on. */
  private record Selection(List<Entry> entries, List<UUID> unknown, String nextCursor) {}

  /** What became of it so far. */
  private static final class Tally {
    private final Selection selection;
    private final List<Skipped> skipped = new ArrayList<>();
    private int done;

    Tally(Selection selection) {
      this.selection = selection;
      selection
          .unknown()
          .forEach(id -> skipped.add(new Skipped(id, "", "", "no dead letter has this id")));
    }

    /** {@code problem} is empty when it was done. */
    void count(Entry entry, String problem) {
      if (problem.isEmpty()) {
        done++;
      } else {
        Letter letter = entry.letter();
        skipped.add(new Skipped(letter.id(), letter.eventName(), letter.service(), problem));
      }
    }

    Outcome outcome() {
      return new Outcome(done, List.copyOf(skipped), selection.nextCursor());
    }
  }

  private Future<Selection> selected(Select q) {
    Wanted wanted = wanted(q.choice());
    if (q.ids().size() > EventAdmin.MAX_LETTERS) {
      throw invalid(
          "ids: " + q.ids().size() + " (expected: at most " + EventAdmin.MAX_LETTERS + ")");
    }
    boolean narrowed =
        wanted.service() != null || wanted.regex() != null || wanted.reason() != null;
    if (q.ids().isEmpty() && !narrowed && !q.all()) {
      throw invalid("nothing is selected (expected: ids, a service, a name, a reason, or all)");
    }
    return q.ids().isEmpty()
        ? following(
            wanted, Walk.parse(q.cursor(), house.now()), limit(q.limit(), EventAdmin.MAX_LETTERS))
        : store.ofIds(wanted, q.ids()).map(found -> selection(q.ids(), found));
  }

  private static Selection selection(List<UUID> ids, List<Entry> found) {
    Set<UUID> known = new HashSet<>();
    found.forEach(e -> known.addAll(List.of(e.letter().id(), e.letter().eventId())));
    List<UUID> unknown = ids.stream().filter(id -> !known.contains(id)).toList();
    return new Selection(found, unknown, "");
  }

  private Future<Selection> following(Wanted wanted, Walk walk, int limit) {
    return store
        .oldest(wanted, walk.after().time(), walk.after().id(), walk.upTo(), limit + 1)
        .map(
            found -> {
              boolean more = found.size() > limit;
              List<Entry> taken = more ? found.subList(0, limit) : found;
              String next =
                  more ? new Walk(walk.upTo(), cursor(taken.get(limit - 1).letter())).format() : "";
              return new Selection(taken, List.of(), next);
            });
  }

  /** Where a walk over the letters is that goes up to those that were there when it began. */
  private record Walk(long upTo, Cursor after) {
    private static final String SEPARATOR = "~";

    static Walk parse(String text, long now) {
      if (text.isEmpty()) {
        return new Walk(now, new Cursor(Long.MIN_VALUE, FIRST));
      }
      String[] parts = text.split(SEPARATOR, 2);
      try {
        return new Walk(Long.parseLong(parts[0]), Cursor.parse(parts[1]));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw invalid("cursor: not one of this server");
      }
    }

    String format() {
      return upTo + SEPARATOR + after.format();
    }
  }

  private Wanted wanted(Choice choice) {
    if (!choice.pattern().isEmpty()) {
      String problem = EventPattern.problem(choice.pattern());
      if (problem != null) {
        throw invalid("name: " + ConsumerDesk.clip(choice.pattern()) + ": " + problem);
      }
    }
    List<String> reasons = Arrays.stream(Burial.Reason.values()).map(Burial.Reason::text).toList();
    if (!choice.reason().isEmpty() && !reasons.contains(choice.reason())) {
      throw invalid(
          "reason: "
              + ConsumerDesk.clip(choice.reason())
              + " (expected: "
              + String.join(", ", reasons)
              + ")");
    }
    Optional<UUID> service =
        choice.service().isEmpty()
            ? Optional.empty()
            : Optional.of(ConsumerDesk.service(house.gates(), choice.service()));
    return Wanted.of(service.orElse(null), choice);
  }

  private static int limit(int asked, int usual) {
    return asked <= 0 ? usual : Math.min(asked, EventAdmin.MAX_LETTERS);
  }

  private static Refused invalid(String message) {
    return Refused.of(Reason.INVALID, message);
  }

  /** The database's silence is not the operator's mistake. */
  static <T> Future<T> refusal(Throwable failure) {
    boolean known =
        failure instanceof Refused
            || (failure instanceof PgException problem
                && !String.valueOf(problem.getSqlState()).matches("(08|53|57|58).*"));
    return Future.failedFuture(
        known ? failure : Refused.of(Reason.UNAVAILABLE, "the database is away, try again later"));
  }
}
