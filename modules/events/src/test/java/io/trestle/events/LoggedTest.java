package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Events.Event;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is known of an event besides what was published. */
class LoggedTest {
  private static final UUID ID = UUID.fromString("018f0000-0000-7000-8000-000000000001");
  private static final UUID OP = UUID.fromString("018f0000-0000-7000-8000-000000000002");

  private static Logged traced(String trace) {
    Event event =
        new Event(ID.toString(), "a", new byte[0], "", "", "", Map.of(), 0, trace, new byte[0]);
    return new Logged(1, ID, ID, ID, event, new int[0], 0);
  }

  @Test
  void trace_ofARowWithoutOne_isTheIdOfTheEventAtEveryHandOut() {
    for (String stored : new String[] {"", "broken"}) {
      assertThat(traced(stored).traceUnder(OP)).isEqualTo(ID + "-" + OP);
      assertThat(traced(stored).at(7, new int[0]).traceUnder(OP)).isEqualTo(ID + "-" + OP);
    }
  }

  @Test
  void trace_thatIsStored_isKept() {
    String trace = "018f0000-0000-7000-8000-00000000000a";
    String publish = "018f0000-0000-7000-8000-00000000000b";
    assertThat(traced(trace + "-" + publish).traceUnder(OP)).isEqualTo(trace + "-" + OP);
  }
}
