package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorCodeTest {
  /** Columns: number, status, SDK code, retryable, terminal for a session, for a refresh. */
  @ParameterizedTest
  @CsvSource({
    "1, CANCELLED, CANCELLED, false, false, false",
    "2, UNKNOWN, INTERNAL, false, false, false",
    "3, INVALID_ARGUMENT, VALIDATION, false, true, true",
    "4, DEADLINE_EXCEEDED, TIMEOUT, false, false, false",
    "5, NOT_FOUND, NOT_FOUND, false, true, true",
    "6, ALREADY_EXISTS, CONFLICT, false, false, false",
    "7, PERMISSION_DENIED, ACCESS_DENIED, false, true, true",
    "8, RESOURCE_EXHAUSTED, OVERLOADED, true, false, false",
    "9, FAILED_PRECONDITION, VALIDATION, false, true, false",
    "10, ABORTED, INTERNAL, false, false, false",
    "11, OUT_OF_RANGE, VALIDATION, false, false, false",
    "12, UNIMPLEMENTED, NOT_FOUND, false, false, false",
    "13, INTERNAL, INTERNAL, false, false, false",
    "14, UNAVAILABLE, CONNECTION, true, false, false",
    "15, DATA_LOSS, INTERNAL, false, false, false",
    "16, UNAUTHENTICATED, ACCESS_DENIED, false, true, true"
  })
  void status_table_equalsTheSpecification(
      int number,
      StatusCode status,
      ErrorCode code,
      boolean retryable,
      boolean session,
      boolean refresh) {
    assertThat(StatusCode.of(number)).isEqualTo(status);
    assertThat(status.number()).isEqualTo(number);
    assertThat(ErrorCode.ofStatus(number)).isEqualTo(code);
    assertThat(code.retryable()).isEqualTo(retryable);
    assertThat(TerminalStatus.ofSession(status)).isEqualTo(session);
    assertThat(TerminalStatus.ofRefresh(status)).isEqualTo(refresh);
  }

  @Test
  void status_unlistedNumber_isUnknownAndInternal() {
    assertThat(StatusCode.of(17)).isEqualTo(StatusCode.UNKNOWN);
    assertThat(StatusCode.of(-1)).isEqualTo(StatusCode.UNKNOWN);
    assertThat(ErrorCode.ofStatus(99)).isEqualTo(ErrorCode.INTERNAL);
    assertThat(StatusCode.of(0)).isEqualTo(StatusCode.OK);
    assertThat(TerminalStatus.ofSession(StatusCode.OK)).isFalse();
  }

  @Test
  void codes_allAndRetryable_equalTheSpecification() {
    assertThat(ErrorCode.values())
        .extracting(Enum::name)
        .containsExactlyInAnyOrder(
            ("CONFIG STATE CONNECTION TIMEOUT CANCELLED ACCESS_DENIED NOT_FOUND VALIDATION CONFLICT"
                    + " TERMINAL NO_LIVE_INSTANCE OVERLOADED QUEUE_FULL INVALID_EVENT_NAME HANDLER"
                    + " INTERNAL")
                .split(" "));
    assertThat(Arrays.stream(ErrorCode.values()).filter(ErrorCode::retryable))
        .containsExactlyInAnyOrder(
            ErrorCode.CONNECTION,
            ErrorCode.NO_LIVE_INSTANCE,
            ErrorCode.OVERLOADED,
            ErrorCode.QUEUE_FULL);
  }
}
