package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.events.ConsumerStore.Progress;
import io.trestle.kernel.pipeline.Write;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When progress is written, and how it is cut into writes. */
class LedgerTest {
  /** What is acknowledged is durable after that (events.md 6.5.5). */
  private static final long DURABLE_MILLIS = 250;

  /** A clock, and a database that takes its time. */
  private static final class Rig {
    final Random random;
    final Ledger ledger = new Ledger(this::later, this::submit, () -> 1, stored -> {});
    final TreeMap<Long, List<Runnable>> tasks = new TreeMap<>();
    final Map<Ledger.Account, Long> movedAt = new LinkedHashMap<>();
    final List<Long> waits = new ArrayList<>();
    private final Map<Ledger.Account, Long> inWrite = new LinkedHashMap<>();
    long now = 1_000;
    long writeMillis = 1;
    boolean fails;
    int writes;

    Rig(long seed) {
      random = new Random(seed);
    }

    private void later(long millis, Runnable task) {
      tasks.computeIfAbsent(now + millis, at -> new ArrayList<>()).add(task);
    }

    private Future<Void> submit(Write write) {
      assertThat(inWrite).isNotEmpty();
      writes++;
      inWrite.values().forEach(since -> waits.add(now - since));
      Map<Ledger.Account, Long> written = Map.copyOf(inWrite);
      inWrite.clear();
      Promise<Void> done = Promise.promise();
      boolean failing = fails;
      later(
          writeMillis,
          () -> {
            if (failing) {
              written.keySet().forEach(account -> movedAt.putIfAbsent(account, now));
              done.fail("the database is away");
            } else {
              done.complete();
            }
          });
      return done.future();
    }

    Ledger.Account account(int number) {
      return new Ledger.Account() {
        @Override
        public Progress progress() {
          Long since = movedAt.remove(this);
          inWrite.put(this, since == null ? now : since);
          return row(number, 30);
        }
      };
    }

    void moved(Ledger.Account account) {
      movedAt.putIfAbsent(account, now);
      ledger.moved(account);
    }

    void pass(long millis) {
      long end = now + millis;
      while (!tasks.isEmpty() && tasks.firstKey() <= end) {
        var due = tasks.pollFirstEntry();
        now = due.getKey();
        due.getValue().forEach(Runnable::run);
      }
      now = end;
    }
  }

  @Test
  @Acceptance("EV-85")
  void whatMoves_isSubmittedInTime_alsoWhileAWriteIsUnderWay() {
    for (int seed = 0; seed < 200; seed++) {
      Rig rig = new Rig(seed);
      List<Ledger.Account> accounts = IntStream.range(0, 5).mapToObj(rig::account).toList();
      for (int i = 0; i < 500; i++) {
        rig.writeMillis = 1 + rig.random.nextLong(DURABLE_MILLIS);
        rig.fails = rig.random.nextInt(10) == 0;
        rig.moved(accounts.get(rig.random.nextInt(accounts.size())));
        rig.pass(rig.random.nextInt(60));
      }
      rig.fails = false;
      rig.pass(2_000);
      assertThat(rig.movedAt).as("seed %d, left over", seed).isEmpty();
      assertThat(rig.waits)
          .as("seed %d", seed)
          .hasSizeGreaterThan(100)
          .allMatch(millis -> millis <= DURABLE_MILLIS);
    }
  }

  @Test
  void whatMovesWhileAWriteIsUnderWay_goesAsItEnds_whenItsTimeHasCome() {
    Rig rig = new Rig(1);
    rig.writeMillis = 240;
    rig.moved(rig.account(1));
    rig.pass(Ledger.EVERY_MILLIS);
    assertThat(rig.writes).isEqualTo(1);
    rig.moved(rig.account(2));
    rig.pass(239);
    assertThat(rig.writes).isEqualTo(1);
    rig.pass(1);
    assertThat(rig.writes).isEqualTo(2);
    assertThat(rig.waits).containsExactly(100L, 240L);
  }

  @Test
  void whatMovesShortlyBeforeAWriteEnds_waitsAsUsual() {
    Rig rig = new Rig(1);
    rig.writeMillis = 150;
    rig.moved(rig.account(1));
    rig.pass(Ledger.EVERY_MILLIS + 140);
    rig.moved(rig.account(2));
    rig.pass(99);
    assertThat(rig.writes).isEqualTo(1);
    rig.pass(1);
    assertThat(rig.writes).isEqualTo(2);
  }

  @Test
  void close_waitsForTheWriteUnderWay_andStoresTheRest() {
    Rig rig = new Rig(1);
    rig.writeMillis = 150;
    rig.moved(rig.account(1));
    rig.pass(Ledger.EVERY_MILLIS);
    rig.moved(rig.account(2));
    Future<Void> closed = rig.ledger.close();
    rig.pass(149);
    assertThat(closed.isComplete()).isFalse();
    rig.pass(1);
    assertThat(rig.writes).isEqualTo(2);
    rig.pass(150);
    assertThat(closed.succeeded()).isTrue();
    rig.pass(1_000);
    assertThat(rig.writes).isEqualTo(2);
  }

  private static Progress row(int number, int chars) {
    return new Progress(number, 0, "x".repeat(chars), 0, 0, "");
  }

  private static long chars(List<Progress> piece) {
    return piece.stream().mapToLong(p -> p.finished().length()).sum();
  }

  @Test
  void usually_allGoesTogether() {
    List<Progress> rows = Collections.nCopies(10_000, row(1, 30));
    assertThat(Ledger.pieces(rows)).containsExactly(rows);
  }

  @Test
  void muchProgress_isCut_inOrder_andAPieceIsNeverTooLarge() {
    List<Progress> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(row(i, 240_000));
    }
    List<List<Progress>> pieces = Ledger.pieces(rows);
    assertThat(pieces.stream().flatMap(List::stream).map(Progress::consumer))
        .containsExactlyElementsOf(rows.stream().map(Progress::consumer).toList());
    assertThat(pieces.stream().mapToLong(LedgerTest::chars))
        .hasSizeGreaterThan(10)
        .allMatch(chars -> chars <= Ledger.PIECE_CHARS);
  }
}
