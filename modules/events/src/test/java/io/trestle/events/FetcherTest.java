package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Events.Event;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How the events of many deliveries are brought at once. */
class FetcherTest {
  private static final UUID SOMEBODY = new UUID(0, 1);

  private final Map<Long, Logged> recent = new HashMap<>();
  private final Deque<Runnable> soon = new ArrayDeque<>();
  private final List<Runnable> later = new ArrayList<>();
  private final List<List<Long>> questions = new ArrayList<>();
  private final List<Promise<List<Logged>>> answers = new ArrayList<>();
  private final Map<Long, Optional<Logged>> fetched = new HashMap<>();
  private final List<Long> alsoWanted = new ArrayList<>();
  private long reserved;
  private final Fetcher fetcher = new Fetcher(new Source(), new Taker());

  private final class Source implements Fetcher.Source {
    @Override
    public @Nullable Logged recent(long position) {
      return recent.get(position);
    }

    @Override
    public long reserve() {
      reserved += LogStore.PAGE_BYTES;
      return LogStore.PAGE_BYTES;
    }

    @Override
    public void release(long bytes) {
      reserved -= bytes;
    }

    @Override
    public Future<List<Logged>> stored(List<Long> positions, long most) {
      questions.add(List.copyOf(positions));
      answers.add(Promise.promise());
      return answers.get(answers.size() - 1).future();
    }

    @Override
    public void soon(Runnable task) {
      soon.add(task);
    }

    @Override
    public void after(long millis, Runnable task) {
      later.add(task);
    }
  }

  private final class Taker implements Fetcher.Taker {
    @Override
    public void fetched(long position, Optional<Logged> event) {
      assertThat(fetched.put(position, event)).as("brought twice").isNull();
      alsoWanted.forEach(fetcher::fetch);
      alsoWanted.clear();
    }

    @Override
    public void settle() {}
  }

  private static Logged event(long position, int size) {
    Event event = new Event("", "e", new byte[size], "", "", "", Map.of(), 1, "", new byte[0]);
    return new Logged(position, SOMEBODY, SOMEBODY, SOMEBODY, event, new int[] {1}, 1);
  }

  private static List<Logged> events(LongStream positions, int size) {
    return positions.mapToObj(p -> event(p, size)).toList();
  }

  private void turns() {
    while (!soon.isEmpty()) {
      soon.remove().run();
    }
  }

  @Test
  void manyAskedInOneTurn_areReadWithOneQuery_andTheRestWithTheNext() {
    LongStream.rangeClosed(1, 600).forEach(fetcher::fetch);
    assertThat(questions).as("never within the call that asks").isEmpty();

    turns();
    fetcher.fetch(601);
    turns();
    assertThat(questions).hasSize(1);
    assertThat(questions.get(0)).hasSize(Fetcher.PAGE).startsWith(1L, 2L);

    assertThat(reserved).as("memory for what is on its way").isEqualTo(LogStore.PAGE_BYTES);
    answers.get(0).complete(events(LongStream.rangeClosed(1, Fetcher.PAGE), 10));
    turns();
    assertThat(questions.get(1)).startsWith(Fetcher.PAGE + 1L).endsWith(601L);
    answers.get(1).complete(events(LongStream.rangeClosed(Fetcher.PAGE + 1, 601), 10));
    turns();

    assertThat(fetched).hasSize(601);
    assertThat(fetched.values()).allMatch(Optional::isPresent);
    assertThat(questions).hasSize(2);
    assertThat(reserved).isZero();
  }

  @Test
  void whatIsInMemory_needsNoQuery_alsoWhenItIsAskedForMeanwhile() {
    IntStream.rangeClosed(1, 3).forEach(p -> recent.put((long) p, event(p, 10)));
    alsoWanted.add(3L);
    fetcher.fetch(1);
    fetcher.fetch(2);
    turns();

    assertThat(fetched.keySet()).containsExactlyInAnyOrder(1L, 2L, 3L);
    assertThat(questions).isEmpty();
  }

  @Test
  void askedTwice_isBroughtOnce() {
    fetcher.fetch(1);
    fetcher.fetch(1);
    turns();
    fetcher.fetch(1);
    answers.get(0).complete(List.of(event(1, 10)));
    turns();

    assertThat(questions).hasSize(1);
    assertThat(fetched).containsOnlyKeys(1L);
  }

  @Test
  void rowThatIsGone_isSaidToBeMissing_othersAreNot() {
    fetcher.fetch(1);
    fetcher.fetch(2);
    turns();
    answers.get(0).complete(List.of(event(2, 10)));

    assertThat(fetched.get(1L)).isEmpty();
    assertThat(fetched.get(2L)).isPresent();
  }

  @Test
  void pageThatItsBytesCut_isReadOn_nothingOfItCountsAsMissing() {
    LongStream.rangeClosed(1, 4).forEach(fetcher::fetch);
    turns();
    answers.get(0).complete(events(LongStream.of(1, 3), (int) LogStore.PAGE_BYTES / 2));
    turns();
    assertThat(fetched.get(2L)).as("lies before what came").isEmpty();
    assertThat(questions.get(1)).containsExactly(4L);

    answers.get(1).complete(List.of(event(4, 10)));
    assertThat(fetched.get(4L)).isPresent();
  }

  @Test
  void databaseAway_everythingIsAskedForAgain() {
    fetcher.fetch(1);
    turns();
    answers.get(0).fail("away");
    fetcher.fetch(2);
    turns();
    assertThat(questions).hasSize(1);

    later.remove(0).run();
    assertThat(questions.get(1)).containsExactlyInAnyOrder(1L, 2L);
    answers.get(1).complete(events(LongStream.rangeClosed(1, 2), 10));
    assertThat(fetched.values()).allMatch(Optional::isPresent);
  }
}
