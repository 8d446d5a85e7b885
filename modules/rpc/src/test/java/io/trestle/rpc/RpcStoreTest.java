package io.trestle.rpc;

import static io.trestle.rpc.RpcDatabase.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.trestle.kernel.pipeline.KindIdempotence;
import io.trestle.rpc.RpcStore.Claim;
import io.trestle.rpc.RpcStore.Saved;
import io.trestle.rpc.core.IdempotencyKey;
import io.trestle.rpc.core.Stored;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The SQL of idempotency keys against a real PostgreSQL. */
class RpcStoreTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration WITHIN = Duration.ofSeconds(10);
  private static final Duration LEASE = Duration.ofSeconds(35);
  private static final Duration TTL = Duration.ofMinutes(5);
  private static final ByteString REPLY = ByteString.copyFromUtf8("reply");

  private static RpcDatabase database;
  private static RpcStore store;

  private final IdempotencyKey key =
      new IdempotencyKey(UUID.randomUUID(), UUID.randomUUID(), "pay", "order-1");

  @BeforeAll
  static void open() {
    database = new RpcDatabase();
    store = database.store();
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @BeforeEach
  void nothing() {
    database.execute("DELETE FROM rpc_idempotency");
  }

  private static Claim claim(IdempotencyKey key, Instant at) {
    ByteString hash = ByteString.copyFrom(new byte[32]);
    return new Claim(
        key, key.id(), RpcDatabase.KERNEL, UUID.randomUUID(), hash, at, at.plus(LEASE));
  }

  private Claim claim(Instant at) {
    return claim(key, at);
  }

  private Claim claimed(Instant at) {
    Claim claim = claim(at);
    await(store.claim(claim, WITHIN));
    return claim;
  }

  private static void save(Claim claim, ByteString reply) {
    await(store.save(new Saved(claim, reply, claim.at(), TTL), WITHIN));
  }

  private static Stored found(Claim claim) {
    return await(store.find(claim)).orElseThrow();
  }

  // ---- kinds, twice

  @Test
  void claim_twice_isOnce() {
    KindIdempotence.check(
        database.vertx(),
        database.place(),
        RpcStore.CLAIM,
        List.of(claim(NOW), claim(new IdempotencyKey(key.caller(), key.target(), "x", "y"), NOW)));
  }

  @Test
  void claim_twiceOverAnEndedLease_isOnce() {
    claimed(NOW);
    KindIdempotence.check(
        database.vertx(), database.place(), RpcStore.CLAIM, List.of(claim(NOW.plus(LEASE))));
  }

  @Test
  void save_twice_isOnce() {
    Saved saved = new Saved(claimed(NOW), REPLY, NOW, TTL);
    KindIdempotence.check(database.vertx(), database.place(), RpcStore.SAVE, List.of(saved));
  }

  @Test
  void release_twice_isOnce() {
    KindIdempotence.check(
        database.vertx(), database.place(), RpcStore.RELEASE, List.of(claimed(NOW)));
  }

  // ---- who has the key

  @Test
  void claim_ofManyAtOnce_isHadByOne() {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      claims.add(claim(NOW));
    }
    await(Future.all(claims.stream().map(c -> store.claim(c, WITHIN)).toList()));

    var holders = claims.stream().map(c -> found(c).claim());

    assertThat(holders.distinct()).hasSize(1);
  }

  @Test
  void claim_thatHolds_staysAsItIs() {
    Claim first = claimed(NOW);
    Claim second = claimed(NOW.plus(LEASE).minusMillis(1));

    assertThat(found(second))
        .isEqualTo(
            new Stored(
                first.claimId(),
                Optional.empty(),
                first.payloadHash(),
                first.leaseUntil().toEpochMilli(),
                Optional.empty()));
  }

  @Test
  void claim_atTheEndOfALease_takesOver_andTheLateOwnerChangesNothing() {
    Claim first = claimed(NOW);
    Claim second = claimed(NOW.plus(LEASE));

    save(first, ByteString.copyFromUtf8("late"));
    await(store.release(first, WITHIN));

    assertThat(found(second).claim()).isEqualTo(second.claimId());
    assertThat(found(second).takenFrom()).contains(first.claimId());
    assertThat(found(second).reply()).isEmpty();
  }

  @Test
  void save_afterTheLease_isGoodWhileNobodyTookOver() {
    Claim first = claimed(NOW);
    await(store.save(new Saved(first, REPLY, NOW.plus(LEASE).plusSeconds(1), TTL), WITHIN));

    assertThat(found(first).reply()).contains(REPLY);
  }

  @Test
  void save_holdsForTheTtl_thenTheKeyIsFree() {
    save(claimed(NOW), REPLY);
    Claim within = claimed(NOW.plus(TTL).minusMillis(1));
    assertThat(found(within).reply()).contains(REPLY);
    assertThat(found(within).untilMillis()).isEqualTo(NOW.plus(TTL).toEpochMilli());

    Claim after = claimed(NOW.plus(TTL));

    assertThat(found(after).claim()).isEqualTo(after.claimId());
    assertThat(found(after).takenFrom()).as("a lease that ended is another thing").isEmpty();
    assertThat(found(after).reply()).isEmpty();
  }

  @Test
  void save_again_orRelease_changesNoSavedReply() {
    Claim claim = claimed(NOW);
    save(claim, REPLY);

    save(claim, ByteString.copyFromUtf8("another"));
    await(store.release(claim, WITHIN));

    assertThat(found(claim).reply()).contains(REPLY);
  }

  @Test
  void release_thenClaim_handedOverTogether_areInOrder() {
    Claim first = claimed(NOW);
    Claim second = claim(NOW);

    await(Future.all(store.release(first, WITHIN), store.claim(second, WITHIN)));

    assertThat(found(second).claim()).isEqualTo(second.claimId());
    assertThat(found(second).takenFrom()).isEmpty();
  }

  @Test
  void largestReply_isStoredAndRead() {
    byte[] large = new byte[4 << 20];
    Arrays.fill(large, (byte) 0xA5);
    Claim claim = claimed(NOW);

    save(claim, ByteString.copyFrom(large));

    assertThat(found(claim).reply()).contains(ByteString.copyFrom(large));
  }

  // ---- what people see

  @Test
  void columns_showScopeAndKey_printable() {
    Claim claim = claim(new IdempotencyKey(key.caller(), key.target(), "pay", "a\u0000\nb"), NOW);
    await(store.claim(claim, WITHIN));

    assertThat(
            database.query(
                "SELECT caller_service, method, idempotency_key, state FROM rpc_idempotency"))
        .containsExactly("[" + key.caller() + ", pay, a??b, claimed]");
  }

  // ---- the sweeper

  @Test
  void sweep_deletesWhatIsOver_inBatches() {
    database.execute(
        """
        INSERT INTO rpc_idempotency (id, caller_service, target_service, method, idempotency_key,
          state, kernel_id, claim_id, payload_sha256, claimed_at, valid_until)
        SELECT int4send(n), gen_random_uuid(), gen_random_uuid(), 'm', 'k', 'claimed',
          gen_random_uuid(), gen_random_uuid(), '', '2026-01-01Z',
          timestamptz '2026-01-01Z' + n * interval '1 ms'
        FROM generate_series(1, 1500) AS n
        """);

    assertThat(await(store.sweep(NOW.plusMillis(1400).toEpochMilli()))).isEqualTo(1_000);
    assertThat(await(store.sweep(NOW.plusMillis(1400).toEpochMilli()))).isEqualTo(400);
    assertThat(await(store.sweep(NOW.plusMillis(1400).toEpochMilli()))).isZero();
    assertThat(database.query("SELECT count(*) FROM rpc_idempotency")).containsExactly("[100]");
  }
}
