package io.trestle.events;

import io.trestle.events.core.Ahead;
import io.trestle.events.core.Match;
import io.trestle.events.core.Positions;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log for one consumer.
 *
 * <p>While the consumer is at the end of the log ({@code tailing}), each event goes from the commit
 * straight to the dispatcher. When the dispatcher has no room, or nobody is there to take anything,
 * the consumer stays behind at {@code readTo}. It catches up from the events that are still in
 * memory, else page by page from the table, and is tailing again once memory covers the rest: the
 * step over is made in one turn, so there is no gap.
 *
 * <p>Thread: the owner's event loop.
 */
final class LogReader {
  private static final Logger LOG = LoggerFactory.getLogger(LogReader.class);
  private static final int PAGE = 512;
  private static final long RETRY_MILLIS = 500;

  private final ConsumerStore.Consumer consumer;
  private final EventsHouse house;
  private final OwnSubscriptions subscriptions;
  private final Owner owner;
  private Ahead ahead;
  private long readTo;
  private boolean tailing;
  private boolean reading;

  /** Whom it reads for. */
  interface Owner {
    /** How many more it takes now. */
    int room();

    /** How many it has that are not handed out. */
    int waiting();

    /** Whether it wants more than what comes by itself. */
    boolean wantsMore();

    void take(Logged event, Match match);

    /** Everything was read, nothing is left out. */
    void atEnd();

    /** Called after a page, whatever became of it. */
    void settle();
  }

  LogReader(
      ConsumerStore.Consumer consumer,
      EventsHouse house,
      OwnSubscriptions subscriptions,
      Owner owner) {
    this.consumer = consumer;
    this.house = house;
    this.subscriptions = subscriptions;
    this.owner = owner;
    this.ahead = new Ahead(StoredPositions.of(consumer, house.head()), house.head());
    this.readTo = Math.min(consumer.progress().floor(), house.head());
  }

  /** Finished before it was read; whether that is news. */
  boolean finish(long position) {
    return ahead.finish(position);
  }

  /** Nothing up to here is to be read. */
  void startAt(long head) {
    readTo = head;
    ahead = Ahead.none(head);
    tailing = true;
  }

  /** An event of the consumer was committed: taken, or left to be read later. */
  void committed(Logged event, Match match, boolean welcome) {
    if (tailing && welcome && owner.room() > 0) {
      owner.take(event, match);
      return;
    }
    if (tailing) {
      tailing = false;
      readTo = event.position() - 1;
    }
    ahead.open(event.position());
  }

  /** It was finished with its commit. */
  void skipped(long position) {
    if (!tailing) {
      ahead.skip(position);
    }
  }

  /** Reads on if the owner wants it. */
  void readMore() {
    if (tailing || reading || owner.room() <= 0 || !owner.wantsMore()) {
      return;
    }
    if (!house.recent().covers(readTo)) {
      if (isWorthAPage()) {
        readPage(Math.min(PAGE, owner.room()));
      }
      return;
    }
    tailing = house.recent().after(readTo, this::take);
    if (tailing) {
      ahead = Ahead.none(house.head());
      owner.atEnd();
    }
  }

  /**
   * A page costs the database nearly the same whether it is full or has a few rows. Who is slower
   * than the database would else read as many rows at a time as were answered since the last page.
   */
  private boolean isWorthAPage() {
    return owner.room() >= PAGE || owner.waiting() < PAGE;
  }

  private void readPage(int limit) {
    reading = true;
    long upTo = house.head();
    long most = house.reservePage();
    house
        .log()
        .page(consumer.number(), readTo, upTo, subscriptions.numbers(), limit, most)
        .onComplete(
            page -> {
              reading = false;
              house.releasePage(most);
              if (page.failed()) {
                LOG.debug("log not read consumer={} reason={}", consumer, page.cause().toString());
                house.after(RETRY_MILLIS, owner::settle);
                return;
              }
              house.metrics().read(EventMetrics.Read.PAGE, page.result().size());
              taken(page.result(), limit, most, upTo);
              owner.settle();
            });
  }

  /**
   * What there is no room for is read again later. Only a page that was taken whole, and that
   * neither its limit of rows nor that of bytes has cut, is all there was.
   */
  private void taken(List<Logged> page, int limit, long most, long upTo) {
    long bytes = 0;
    for (Logged event : page) {
      if (!take(event)) {
        return;
      }
      bytes += event.event().payload().length;
    }
    if (page.size() < limit && bytes < most) {
      readTo = Math.max(readTo, upTo);
    }
  }

  /** Takes the next event of the log, if it is one of ours; false when there is no room. */
  private boolean take(Logged event) {
    Match match = subscriptions.match(event);
    if (match != null && !ahead.contains(event.position())) {
      if (owner.room() <= 0) {
        return false;
      }
      owner.take(event, match);
    }
    readTo = event.position();
    return true;
  }

  /** Position up to which the log was read; what is behind it may be unread. */
  long readTo() {
    return tailing ? house.head() : readTo;
  }

  /** Whether a position of ours was not read yet and is not finished either. */
  boolean isUnread(long position) {
    return !tailing && position > readTo && !ahead.contains(position);
  }

  /** What was finished above what was read. */
  List<Positions.Range> finishedAhead() {
    return ahead.ranges();
  }
}
