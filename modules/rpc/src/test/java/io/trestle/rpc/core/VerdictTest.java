package io.trestle.rpc.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.protocol.StatusCode;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class VerdictTest {
  @Test
  void status_ok_isTheAnswer() {
    assertThat(Verdict.status(StatusCode.OK, "", false)).isEqualTo(new Verdict.Answer());
    assertThat(new Verdict.Answer().isFailure()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(value = StatusCode.class, names = "OK", mode = Mode.EXCLUDE)
  @Acceptance("RPC-22")
  void status_withTrailer_mayBeTriedElsewhereAndKeepsItsText(StatusCode status) {
    assertThat(Verdict.status(status, "why", true)).isEqualTo(new Verdict.TryNext(status, "why"));
  }

  @ParameterizedTest
  @EnumSource(value = StatusCode.class, names = "OK", mode = Mode.EXCLUDE)
  @Acceptance("RPC-23")
  void status_withoutTrailer_isFinalAndPassesThrough(StatusCode status) {
    assertThat(Verdict.status(status, "why", false)).isEqualTo(new Verdict.Final(status, "why"));
  }

  @Test
  @Acceptance("WI-54")
  void outcomeUnknown_isUnavailableAndFinal() {
    assertThat(Verdict.outcomeUnknown())
        .isInstanceOfSatisfying(
            Verdict.Unknown.class, f -> assertThat(f.status()).isEqualTo(StatusCode.UNAVAILABLE));
    assertThat(Verdict.outcomeUnknown().isFailure()).isTrue();
  }

  @Test
  void notReached_mayBeTriedElsewhereAndCounts() {
    assertThat(Verdict.notReached(new UUID(0, 1), "refused"))
        .isEqualTo(
            new Verdict.TryNext(
                StatusCode.UNAVAILABLE,
                "instance 00000000-0000-0000-0000-000000000001 not reached: refused"));
    assertThat(Verdict.notReached(new UUID(0, 1), "refused").isFailure()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = StatusCode.class,
      names = {
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "INTERNAL",
        "UNKNOWN",
        "ABORTED",
        "DATA_LOSS"
      })
  void isFailure_transportSide_counts(StatusCode status) {
    assertThat(Verdict.status(status, "", false).isFailure()).isTrue();
    assertThat(Verdict.status(status, "", true).isFailure()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = StatusCode.class,
      names = {
        "OK",
        "CANCELLED",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "FAILED_PRECONDITION",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "UNAUTHENTICATED"
      })
  void isFailure_answersOfTheInstance_doNotCount(StatusCode status) {
    assertThat(Verdict.status(status, "", false).isFailure()).isFalse();
    assertThat(Verdict.status(status, "", true).isFailure()).isFalse();
  }
}
