package io.trestle.traces;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.traces.TraceStore.Known;
import io.trestle.traces.core.Entry;
import io.trestle.traces.core.Entry.Kind;
import io.trestle.traces.core.Memory;
import io.trestle.traces.core.WatchCursor;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TraceTest {
  private final Trace trace = new Trace(UUID.randomUUID(), new Known(9, 0, ""), 0);

  @Test
  void place_ofAWriteThatWasFoundLater_isNotGivenOutAgain() {
    trace.found(10);

    assertThat(trace.head()).isEqualTo(10);
    assertThat(trace.assign(Kind.CHUNK, "a", new byte[0], 0).sequence()).isEqualTo(11);
  }

  @Test
  void commits_heardOfInAnotherOrder_areReadFromTheTable() {
    WatchCursor cursor = new WatchCursor("", 9, 9, new Memory(1_000));
    trace.watchers().add(new Watcher(trace.id(), trace.id(), trace, "", cursor));
    Entry first = trace.assign(Kind.CHUNK, "a", new byte[0], 0);
    Entry second = trace.assign(Kind.CHUNK, "a", new byte[0], 0);

    trace.committed(second, 1);
    trace.committed(first, 1);

    assertThat(trace.head()).isEqualTo(11);
    assertThat(cursor.next()).isEqualTo(new WatchCursor.Step.Read(9, 11));
  }

  @Test
  void place_behindWhatIsFound_staysWhereItIs() {
    trace.assign(Kind.CHUNK, "a", new byte[0], 0);
    trace.assign(Kind.CHUNK, "a", new byte[0], 0);
    trace.found(10);

    assertThat(trace.assign(Kind.CHUNK, "a", new byte[0], 0).sequence()).isEqualTo(12);
  }
}
