package io.trestle.rpc.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.rpc.core.IdempotencyRules.After;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class IdempotencyRulesTest {
  private static final UUID CALLER = new UUID(0, 1);
  private static final UUID TARGET = new UUID(0, 2);

  // ---- what becomes of a claim

  private static After afterReply(String errorCode) {
    CallResponse reply =
        CallResponse.newBuilder()
            .setErrorCode(errorCode)
            .setPayload(ByteString.copyFromUtf8("x"))
            .build();
    return IdempotencyRules.after(new Verdict.Answer(), Optional.of(reply.toByteString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "CARD_DECLINED", "internal", "INTERNAL_ERROR"})
  void after_replyOrBusinessError_saves(String errorCode) {
    assertThat(afterReply(errorCode)).isEqualTo(After.SAVE);
  }

  @Test
  void after_failedHandlerOrNonsense_releases() {
    assertThat(afterReply("INTERNAL")).isEqualTo(After.RELEASE);
    assertThat(
            IdempotencyRules.after(
                new Verdict.Answer(), Optional.of(ByteString.copyFrom(new byte[] {(byte) 0xff}))))
        .isEqualTo(After.RELEASE);
  }

  @ParameterizedTest
  @EnumSource(
      value = StatusCode.class,
      names = {"OK", "DEADLINE_EXCEEDED"},
      mode = Mode.EXCLUDE)
  void after_statusOfTheCallee_releases(StatusCode status) {
    assertThat(IdempotencyRules.after(new Verdict.Final(status, ""), Optional.empty()))
        .isEqualTo(After.RELEASE);
  }

  @ParameterizedTest
  @EnumSource(value = StatusCode.class, names = "OK", mode = Mode.EXCLUDE)
  void after_proofThatNothingRan_releases(StatusCode status) {
    assertThat(IdempotencyRules.after(new Verdict.TryNext(status, ""), Optional.empty()))
        .isEqualTo(After.RELEASE);
  }

  @Test
  void after_noAnswer_keeps() {
    Verdict told = new Verdict.Final(StatusCode.DEADLINE_EXCEEDED, "");
    Verdict seen = new Verdict.Unknown(StatusCode.DEADLINE_EXCEEDED, "");

    assertThat(IdempotencyRules.after(told, Optional.empty())).isEqualTo(After.KEEP);
    assertThat(IdempotencyRules.after(seen, Optional.empty())).isEqualTo(After.KEEP);
    assertThat(IdempotencyRules.after(Verdict.outcomeUnknown(), Optional.empty()))
        .isEqualTo(After.KEEP);
  }

  // ---- leases

  @Test
  void leaseUntil_isFiveSecondsAfterTheDeadline_andAlwaysADate() {
    assertThat(IdempotencyRules.leaseUntil(31_000, 1_000)).isEqualTo(36_000);
    assertThat(IdempotencyRules.leaseUntil(Long.MAX_VALUE, 1_000))
        .isEqualTo(1_000 + IdempotencyRules.LONGEST_LEASE_MILLIS + 5_000);
  }

  // ---- keys and hashes

  @Test
  void id_eachPartCounts_andNoneRunsIntoTheNext() {
    Set<ByteString> ids = new HashSet<>();
    for (UUID caller : new UUID[] {CALLER, TARGET}) {
      for (UUID target : new UUID[] {CALLER, TARGET}) {
        for (String text : new String[] {"", "a", "ab", "abc"}) {
          for (int cut = 0; cut <= text.length(); cut++) {
            var key =
                new IdempotencyKey(caller, target, text.substring(0, cut), text.substring(cut));
            ids.add(UnsafeByteOperations.unsafeWrap(key.id()));
          }
        }
      }
    }
    assertThat(ids).hasSize(4 * (1 + 2 + 3 + 4));
  }

  @Test
  void of_countsBytes_notCharacters() {
    assertThat(key("\u00e9".repeat(127)).key()).hasSize(127);
    assertThatThrownBy(() -> key("\u00e9".repeat(128)))
        .hasMessage("idempotency_key: 256 bytes (expected: at most 255)")
        .isInstanceOfSatisfying(
            Refused.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.INVALID);
              assertThat(e.withoutEffect()).isFalse();
            });
  }

  private static IdempotencyKey key(String key) {
    ByteString request =
        InvokeRequest.newBuilder()
            .setTargetServiceId(TARGET.toString())
            .setMethod("pay")
            .setIdempotencyKey(key)
            .build()
            .toByteString();
    return IdempotencyKey.of(CALLER, Forward.of(request, CALLER, null));
  }

  @Test
  void shown_isClippedAndPrintable() {
    IdempotencyKey key = new IdempotencyKey(CALLER, TARGET, "m".repeat(1_000), "a\n\u0000\u2028b");

    assertThat(key.shownMethod()).hasSize(255);
    assertThat(key.shownKey()).isEqualTo("a???b");
  }

  @Test
  void hash_isThatOfTheBytes_howeverTheyLie() {
    ByteString whole = ByteString.copyFrom(new byte[300_000]).concat(ByteString.copyFromUtf8("x"));
    ByteString flat = ByteString.copyFrom(whole.toByteArray());

    assertThat(IdempotencyRules.hash(whole)).isEqualTo(IdempotencyRules.hash(flat));
    assertThat(IdempotencyRules.hash(whole)).isNotEqualTo(IdempotencyRules.hash(ByteString.EMPTY));
  }
}
