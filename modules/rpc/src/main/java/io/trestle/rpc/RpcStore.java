package io.trestle.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.kernel.pipeline.StatementKind;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.rpc.core.IdempotencyKey;
import io.trestle.rpc.core.Stored;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;

/** All SQL of the proxy: the table {@code rpc_idempotency}. Times are those of the house. */
final class RpcStore {
  /** Rows that one statement of the sweeper deletes (rpc.md 3.4, rule 7). */
  static final int SWEPT_AT_A_TIME = 1_000;

  /**
   * Takes a key that is free or whose time is over; a key that holds stays as it is. Served by the
   * primary key of rpc_idempotency.
   */
  static final StatementKind<Claim> CLAIM =
      StatementKind.of("rpc.claim", Claim.class)
          .sql(
              """
              INSERT INTO rpc_idempotency AS i
                (id, caller_service, target_service, method, idempotency_key, state, kernel_id,
                 claim_id, payload_sha256, claimed_at, valid_until)
              SELECT c.id, c.caller, c.target, c.method, c.key, 'claimed', c.kernel_id,
                c.claim_id, c.payload_sha256, c.claimed_at, c.valid_until
              FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[],
                  $7::uuid[], $8::bytea[], $9::timestamptz[], $10::timestamptz[])
                AS c(id, caller, target, method, key, kernel_id, claim_id, payload_sha256,
                     claimed_at, valid_until)
              ON CONFLICT (id) DO UPDATE
              SET state = 'claimed', kernel_id = excluded.kernel_id, claim_id = excluded.claim_id,
                  taken_from = CASE WHEN i.state = 'claimed' THEN i.claim_id END,
                  payload_sha256 = excluded.payload_sha256, reply = NULL,
                  claimed_at = excluded.claimed_at, saved_at = NULL,
                  valid_until = excluded.valid_until
              WHERE i.valid_until <= excluded.claimed_at AND i.claim_id <> excluded.claim_id
              """)
          .bytes(Claim::rowId)
          .uuid(c -> c.key().caller())
          .uuid(c -> c.key().target())
          .text(c -> c.key().shownMethod())
          .text(c -> c.key().shownKey())
          .uuid(Claim::kernelId)
          .uuid(Claim::claimId)
          .bytes(c -> c.payloadHash().toByteArray())
          .timestamp(Claim::at)
          .timestamp(Claim::leaseUntil)
          .conflictKey(Claim::key)
          .priority(70)
          .build();

  /**
   * Stores the reply, unless another claim has taken over. Served by the primary key of
   * rpc_idempotency.
   */
  static final StatementKind<Saved> SAVE =
      StatementKind.of("rpc.save", Saved.class)
          .sql(
              """
              UPDATE rpc_idempotency i
              SET state = 'saved', reply = s.reply, saved_at = s.saved_at,
                  valid_until = s.valid_until
              FROM unnest($1::bytea[], $2::uuid[], $3::bytea[], $4::timestamptz[],
                  $5::timestamptz[])
                AS s(id, claim_id, reply, saved_at, valid_until)
              WHERE i.id = s.id AND i.claim_id = s.claim_id AND i.state = 'claimed'
              """)
          .bytes(s -> s.claim().rowId())
          .uuid(s -> s.claim().claimId())
          .bytes(s -> s.reply().toByteArray())
          .timestamp(Saved::at)
          .timestamp(s -> s.at().plus(s.ttl()))
          .conflictKey(s -> s.claim().key())
          .priority(71)
          .build();

  /**
   * Gives a key back, unless another claim has taken over. Served by the primary key of
   * rpc_idempotency.
   */
  static final StatementKind<Claim> RELEASE =
      StatementKind.of("rpc.release", Claim.class)
          .sql(
              """
              DELETE FROM rpc_idempotency i
              USING unnest($1::bytea[], $2::uuid[]) AS r(id, claim_id)
              WHERE i.id = r.id AND i.claim_id = r.claim_id AND i.state = 'claimed'
              """)
          .bytes(Claim::rowId)
          .uuid(Claim::claimId)
          .conflictKey(Claim::key)
          .priority(72)
          .build();

  /** Served by the primary key of rpc_idempotency. */
  private static final String FIND =
      """
      SELECT claim_id, taken_from, payload_sha256, valid_until, reply
      FROM rpc_idempotency WHERE id = $1
      """;

  /**
   * What is being taken over at this moment is left alone. Served by rpc_idempotency_valid and the
   * primary key.
   */
  private static final String SWEEP =
      """
      DELETE FROM rpc_idempotency WHERE id IN
        (SELECT id FROM rpc_idempotency WHERE valid_until <= $1
         ORDER BY valid_until LIMIT $2 FOR UPDATE SKIP LOCKED)
      """;

  private final Pool pool;
  private final DirectWrites writes;
  private final WritePipeline pipeline;

  RpcStore(Pool pool, DirectWrites writes, WritePipeline pipeline) {
    this.pool = pool;
    this.writes = writes;
    this.pipeline = pipeline;
  }

  /**
   * The wish of one call to have a key.
   *
   * @param rowId the key's primary key
   * @param claimId unlike any other
   */
  record Claim(
      IdempotencyKey key,
      byte[] rowId,
      UUID kernelId,
      UUID claimId,
      ByteString payloadHash,
      Instant at,
      Instant leaseUntil) {}

  /** The reply to the call that has the key. */
  record Saved(Claim claim, ByteString reply, Instant at, Duration ttl) {}

  /** Completes after the commit, which says nothing about who has the key: {@link #find} does. */
  Future<Void> claim(Claim claim, Duration within) {
    return pipeline.submit(ordered(Write.of(CLAIM, claim), claim, within));
  }

  /** Completes after the commit. */
  Future<Void> save(Saved saved, Duration within) {
    return pipeline.submit(ordered(Write.of(SAVE, saved), saved.claim(), within));
  }

  /** Completes after the commit. A claim handed over later finds the key free. */
  Future<Void> release(Claim claim, Duration within) {
    return pipeline.submit(ordered(Write.of(RELEASE, claim), claim, within));
  }

  private static Write ordered(Write.Builder write, Claim claim, Duration within) {
    return write.orderKey(claim.key()).within(within).build();
  }

  /** What is stored under the key of this claim. */
  Future<Optional<Stored>> find(Claim claim) {
    return pool.preparedQuery(FIND)
        .execute(Tuple.of(Buffer.buffer(claim.rowId())))
        .map(
            rows ->
                rows.size() == 0 ? Optional.empty() : Optional.of(stored(rows.iterator().next())));
  }

  /** Deletes some rows whose time is over; completes with how many. */
  Future<Integer> sweep(long nowMillis) {
    var now = Instant.ofEpochMilli(nowMillis).atOffset(ZoneOffset.UTC);
    return writes
        .write(SWEEP, Tuple.of(now, SWEPT_AT_A_TIME), DirectWrites.SWEEP)
        .map(RowSet::rowCount);
  }

  private static Stored stored(Row row) {
    return new Stored(
        row.getUUID("claim_id"),
        Optional.ofNullable(row.getUUID("taken_from")),
        bytes(row.getBuffer("payload_sha256")),
        row.getOffsetDateTime("valid_until").toInstant().toEpochMilli(),
        Optional.ofNullable(row.getBuffer("reply")).map(RpcStore::bytes));
  }

  private static ByteString bytes(Buffer buffer) {
    return UnsafeByteOperations.unsafeWrap(buffer.getBytes());
  }
}
