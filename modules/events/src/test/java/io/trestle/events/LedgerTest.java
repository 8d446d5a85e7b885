package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.events.ConsumerStore.Progress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How progress is cut into writes. */
class LedgerTest {
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
