package io.trestle.pki.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.pki.core.AccessState.Change;
import io.trestle.pki.core.AccessState.Verdict;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AccessStateTest {
  private static final UUID SERVICE = UUID.randomUUID();
  private static final UUID INSTANCE = UUID.randomUUID();
  private static final KeyId KEY = new KeyId(7);
  private static final byte[] SECRET = new byte[32];
  private static final long LEAF = 3_600_000;
  private static final long RENEWED = 2 * LEAF;
  private static final long GRACE = AccessState.GRACE_MILLIS;

  private final AccessState state = new AccessState();

  @Test
  void judge_knownInstanceOfActiveService_admits() {
    given(true);
    state.record(INSTANCE, SERVICE, LEAF);

    assertThat(state.judge(SERVICE, INSTANCE, LEAF, 1)).isEqualTo(Verdict.ADMIT);
  }

  @Test
  void judge_unknownOrRevokedService_isRevoked() {
    assertThat(state.judge(SERVICE, INSTANCE, LEAF, 1)).isEqualTo(Verdict.REVOKED);
    given(false);
    state.record(INSTANCE, SERVICE, LEAF);
    assertThat(state.judge(SERVICE, INSTANCE, LEAF, 1)).isEqualTo(Verdict.REVOKED);
  }

  @Test
  @Acceptance("WI-40")
  void judge_handshakeLeafExpiredButRenewed_admits() {
    given(true);
    state.record(INSTANCE, SERVICE, LEAF);
    state.record(INSTANCE, SERVICE, RENEWED);

    assertThat(state.judge(SERVICE, INSTANCE, LEAF, LEAF + GRACE + 1)).isEqualTo(Verdict.ADMIT);
  }

  @Test
  @Acceptance("WI-45")
  void judge_newestLeafExpiredPlusGrace_isExpired() {
    given(true);
    state.record(INSTANCE, SERVICE, LEAF);

    assertThat(state.judge(SERVICE, INSTANCE, LEAF, LEAF + GRACE)).isEqualTo(Verdict.ADMIT);
    assertThat(state.judge(SERVICE, INSTANCE, LEAF, LEAF + GRACE + 1)).isEqualTo(Verdict.EXPIRED);
    assertThat(state.expire(LEAF + GRACE)).isEmpty();
    assertThat(state.expire(LEAF + GRACE + 1)).hasSize(1);
    assertThat(state.judge(SERVICE, INSTANCE, LEAF, LEAF + GRACE + 1)).isEqualTo(Verdict.EXPIRED);
  }

  @Test
  void judge_unknownInstanceOrNewerLeaf_admitsAndRecords() {
    given(true);
    assertThat(state.judge(SERVICE, INSTANCE, LEAF, 1)).isEqualTo(Verdict.ADMIT_AND_RECORD);
    state.record(INSTANCE, SERVICE, LEAF);
    assertThat(state.judge(SERVICE, INSTANCE, RENEWED, 1)).isEqualTo(Verdict.ADMIT_AND_RECORD);
  }

  @Test
  @Acceptance("WI-68")
  void revoke_anything_isNeverUndone() {
    given(true);
    UUID other = UUID.randomUUID();
    state.record(INSTANCE, SERVICE, LEAF);
    state.record(other, SERVICE, LEAF);
    assertThat(state.revoke(INSTANCE, SERVICE, LEAF)).isTrue();
    assertThat(state.revoke(INSTANCE, SERVICE, LEAF)).isFalse();
    state.record(INSTANCE, SERVICE, RENEWED);

    assertThat(state.judge(SERVICE, INSTANCE, RENEWED, 1)).isEqualTo(Verdict.REVOKED);
    assertThat(state.judge(SERVICE, other, LEAF, 1)).isEqualTo(Verdict.ADMIT);
    assertThat(state.expire(RENEWED + GRACE + 1))
        .extracting(InstanceAccess::id)
        .containsExactly(other);
    assertThat(state.revokedInstances()).hasSize(1);
  }

  @Test
  void judge_leafOfAnotherService_isRevoked() {
    given(true);
    UUID stranger = UUID.randomUUID();
    state.put(new ServiceAccess(stranger, "other", true, Map.of()));
    state.record(INSTANCE, stranger, LEAF);

    assertThat(state.judge(SERVICE, INSTANCE, LEAF, 1)).isEqualTo(Verdict.REVOKED);
  }

  @Test
  void put_again_tellsWhatChanged() {
    assertThat(given(true)).isEqualTo(Change.CHANGED);
    assertThat(given(true)).isEqualTo(Change.NONE);
    assertThat(given(false)).isEqualTo(Change.REVOKED);
    assertThat(given(false)).isEqualTo(Change.NONE);
    assertThat(given(true)).isEqualTo(Change.CHANGED);
    assertThat(state.put(new ServiceAccess(SERVICE, "renamed", true, Map.of())))
        .isEqualTo(Change.CHANGED);
  }

  @Test
  void holderOf_keys_followTheRows() {
    given(true);
    assertThat(state.holderOf(KEY, SECRET)).isNotNull();
    assertThat(state.holderOf(KEY, new byte[] {1})).isNull();
    assertThat(state.holderOf(new KeyId(8), SECRET)).isNull();

    state.put(new ServiceAccess(SERVICE, "orders", true, Map.of(new KeyId(8), hash())));
    assertThat(state.holderOf(KEY, SECRET)).isNull();
    assertThat(state.holderOf(new KeyId(8), SECRET)).isNotNull();

    given(false);
    assertThat(state.holderOf(KEY, SECRET)).isNull();
    given(true);
    state.remove(SERVICE);
    assertThat(state.holderOf(KEY, SECRET)).isNull();
  }

  @Test
  void lastLeafMillis_ofAService_isTheLatestOfItsInstances() {
    state.record(INSTANCE, SERVICE, LEAF);
    state.record(UUID.randomUUID(), SERVICE, RENEWED);
    state.record(UUID.randomUUID(), UUID.randomUUID(), 9 * LEAF);

    assertThat(state.lastLeafMillis(SERVICE, 1)).isEqualTo(RENEWED);
    assertThat(state.lastLeafMillis(UUID.randomUUID(), 1)).isEqualTo(1);
  }

  private Change given(boolean active) {
    return state.put(new ServiceAccess(SERVICE, "orders", active, Map.of(KEY, hash())));
  }

  private static String hash() {
    return SecretHash.of(SECRET);
  }
}
