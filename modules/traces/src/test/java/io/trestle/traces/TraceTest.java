package io.trestle.traces;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.traces.TraceStore.Known;
import io.trestle.traces.core.Entry.Kind;
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
  void place_behindWhatIsFound_staysWhereItIs() {
    trace.assign(Kind.CHUNK, "a", new byte[0], 0);
    trace.assign(Kind.CHUNK, "a", new byte[0], 0);
    trace.found(10);

    assertThat(trace.assign(Kind.CHUNK, "a", new byte[0], 0).sequence()).isEqualTo(12);
  }
}
