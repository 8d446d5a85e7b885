package io.trestle.traces.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.traces.core.Ending.Verdict;
import org.junit.jupiter.api.Test;

class EndingTest {
  private static final long ABANDONED_AFTER = 90_000;

  private static Verdict judge(long quiet, String status, boolean written, int writers) {
    return Ending.judge(1_000_000 + quiet, status, written, writers, 1_000_000, ABANDONED_AFTER);
  }

  @Test
  void openWriter_keepsItOpen() {
    assertThat(judge(1_000_000, "success", true, 1)).isEqualTo(new Verdict.Open());
  }

  @Test
  void toldEnd_endsItAfterFiveQuietSeconds() {
    assertThat(judge(4_999, "success", true, 0)).isEqualTo(new Verdict.At(1_005_000));
    assertThat(judge(5_000, "success", true, 0)).isEqualTo(new Verdict.Complete("success"));
  }

  @Test
  void noEnd_isAbandonedAfterTheGrace() {
    assertThat(judge(89_999, "", true, 0)).isEqualTo(new Verdict.At(1_090_000));
    assertThat(judge(90_000, "", true, 0)).isEqualTo(new Verdict.Complete("abandoned"));
  }

  @Test
  void nothingWritten_waitsForAWriter() {
    assertThat(judge(1_000_000, "", false, 0)).isEqualTo(new Verdict.Open());
    assertThat(judge(5_000, "error", false, 0)).isEqualTo(new Verdict.Complete("error"));
  }
}
