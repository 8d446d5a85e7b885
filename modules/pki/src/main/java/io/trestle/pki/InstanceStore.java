package io.trestle.pki;

import io.trestle.kernel.database.DirectWrites;
import io.trestle.kernel.pipeline.StatementKind;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.pki.core.InstanceAccess;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Instances as holders of leaves. Their presence columns are written by the registry. */
final class InstanceStore {
  /** Rows of one deletion: short enough that nobody waits for its locks. */
  static final int DELETED_AT_A_TIME = 5_000;

  /**
   * A leaf of an instance, new or known. Written before the leaf is handed out. Presence columns of
   * a known row and its tombstone stay as they are.
   */
  static final StatementKind<Leaf> LEAF =
      StatementKind.of("pki.leaf", Leaf.class)
          .sql(
              """
              INSERT INTO service_instances AS i (id, service_id, leaf_not_after)
              SELECT l.id, l.service_id, l.not_after
                FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS l(id, service_id, not_after)
              ON CONFLICT (id) DO UPDATE
                SET leaf_not_after = GREATEST(i.leaf_not_after, excluded.leaf_not_after)
              """)
          .uuid(Leaf::instanceId)
          .uuid(Leaf::serviceId)
          .timestamp(Leaf::notAfter)
          .conflictKey(Leaf::instanceId)
          // Before the rows of other modules that refer to the instance.
          .priority(20)
          .build();

  private static final String COLUMNS =
      """
      SELECT id, service_id, leaf_not_after, revoked_at IS NOT NULL AS revoked
        FROM service_instances
      """;

  /** service_instances_leaf. */
  private static final String WITH_LEAF = COLUMNS + " WHERE leaf_not_after > $1";

  /** service_instances_revoked. */
  private static final String REVOKED_WITH_LEAF =
      COLUMNS + " WHERE revoked_at IS NOT NULL AND leaf_not_after > $1";

  /** service_instances_pkey. */
  private static final String FIND = COLUMNS + " WHERE id = $1";

  /** service_instances_pkey. The first revocation is the one that counts. */
  private static final String REVOKE =
      """
      UPDATE service_instances SET revoked_at = COALESCE(revoked_at, now()) WHERE id = $1
      RETURNING id, service_id, leaf_not_after, true AS revoked
      """;

  /** service_instances_leaf. */
  private static final String DELETE_NEVER_CONNECTED =
      """
      DELETE FROM service_instances WHERE id IN (
        SELECT id FROM service_instances
         WHERE leaf_not_after < $1 AND last_seen_at IS NULL AND status = 'disconnected' LIMIT $2)
      """;

  /** service_instances_leaf: what was last seen long ago holds a leaf that expired long ago. */
  private static final String DELETE_STALE =
      """
      DELETE FROM service_instances WHERE id IN (
        SELECT id FROM service_instances
         WHERE leaf_not_after < $1 AND last_seen_at < $2 AND status = 'disconnected' LIMIT $3)
      """;

  private final Pool pool;
  private final DirectWrites writes;
  private final WritePipeline pipeline;

  InstanceStore(Pool pool, DirectWrites writes, WritePipeline pipeline) {
    this.pool = pool;
    this.writes = writes;
    this.pipeline = pipeline;
  }

  /**
   * A leaf.
   *
   * @param notAfter its expiry
   */
  record Leaf(UUID instanceId, UUID serviceId, Instant notAfter) {
    static Leaf of(UUID instanceId, UUID serviceId, long notAfterMillis) {
      return new Leaf(instanceId, serviceId, Instant.ofEpochMilli(notAfterMillis));
    }
  }

  /** Completes after the commit; in order with other writes about the instance. From any thread. */
  Future<Void> write(Leaf leaf) {
    return pipeline.submit(Write.of(LEAF, leaf).orderKey(leaf.instanceId()).build()).mapEmpty();
  }

  /** Instances with a leaf that expires after this. */
  Future<List<InstanceAccess>> withLeafAfter(long millis) {
    return read(WITH_LEAF, Tuple.of(time(millis)));
  }

  /** The revoked among them. */
  Future<List<InstanceAccess>> revokedWithLeafAfter(long millis) {
    return read(REVOKED_WITH_LEAF, Tuple.of(time(millis)));
  }

  Future<Optional<InstanceAccess>> find(UUID id) {
    return read(FIND, Tuple.of(id)).map(rows -> rows.stream().findFirst());
  }

  /** Empty for an unknown instance. Idempotent. */
  Future<Optional<InstanceAccess>> revoke(UUID id) {
    return writes
        .write(REVOKE, Tuple.of(id))
        .map(InstanceStore::instances)
        .map(rows -> rows.stream().findFirst());
  }

  /** Deletes some rows of instances without any session whose leaf expired before this. */
  Future<Integer> deleteNeverConnected(long leafExpiredBefore) {
    return writes
        .write(
            DELETE_NEVER_CONNECTED,
            Tuple.of(time(leafExpiredBefore), DELETED_AT_A_TIME),
            DirectWrites.SWEEP)
        .map(RowSet::rowCount);
  }

  /** Deletes some rows of instances that were seen last before this. */
  Future<Integer> deleteStale(long leafExpiredBefore, long seenBefore) {
    return writes
        .write(
            DELETE_STALE,
            Tuple.of(time(leafExpiredBefore), time(seenBefore), DELETED_AT_A_TIME),
            DirectWrites.SWEEP)
        .map(RowSet::rowCount);
  }

  private Future<List<InstanceAccess>> read(String sql, Tuple parameters) {
    return pool.preparedQuery(sql).execute(parameters).map(InstanceStore::instances);
  }

  private static List<InstanceAccess> instances(RowSet<Row> rows) {
    List<InstanceAccess> instances = new ArrayList<>(rows.size());
    for (Row row : rows) {
      instances.add(
          new InstanceAccess(
              row.getUUID("id"),
              row.getUUID("service_id"),
              row.getOffsetDateTime("leaf_not_after").toInstant().toEpochMilli(),
              row.getBoolean("revoked")));
    }
    return instances;
  }

  private static OffsetDateTime time(long millis) {
    return Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC);
  }
}
