package io.trestle.registry;

import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.kernel.pipeline.StatementKind;
import io.trestle.kernel.pipeline.Write;
import io.trestle.registry.core.Effect.WritePresence;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All SQL of the registry: presence in {@code service_instances}, declarations and methods. */
final class RegistryStore {
  /** Served by the primary key of service_instances. */
  static final StatementKind<Presence> PRESENCE =
      StatementKind.of("registry.presence", Presence.class)
          .sql(
              """
              UPDATE service_instances i
              SET status = p.status, call_endpoint = p.call_endpoint, http_endpoint = p.http_endpoint,
                  session_id = p.session_id, kernel_id = p.kernel_id, last_seen_at = p.at
              FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[],
                  $7::timestamptz[])
                AS p(id, status, call_endpoint, http_endpoint, session_id, kernel_id, at)
              WHERE i.id = p.id
              """)
          .uuid(Presence::instanceId)
          .text(p -> p.connected() ? "connected" : "disconnected")
          .text(Presence::callEndpoint)
          .text(Presence::httpEndpoint)
          .text(Presence::sessionId)
          .uuid(Presence::kernelId)
          .timestamp(Presence::at)
          .conflictKey(Presence::instanceId)
          .priority(60)
          .build();

  /** Served by the primary key of instance_declarations. */
  static final StatementKind<Declared> DECLARE =
      StatementKind.of("registry.declare", Declared.class)
          .sql(
              """
              INSERT INTO instance_declarations AS d
                (instance_id, service_id, registration, fingerprint, declaration, updated_at)
              SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::bytea[], $5::bytea[],
                $6::timestamptz[])
              ON CONFLICT (instance_id) DO UPDATE
              SET registration = excluded.registration, fingerprint = excluded.fingerprint,
                  declaration = excluded.declaration, updated_at = excluded.updated_at
              WHERE d.registration <= excluded.registration
              """)
          .uuid(Declared::instanceId)
          .uuid(Declared::serviceId)
          .int8(Declared::registration)
          .bytes(Declared::fingerprint)
          .bytes(Declared::declaration)
          .timestamp(Declared::at)
          .conflictKey(Declared::instanceId)
          .priority(61)
          .build();

  /** Served by the primary key of service_methods. */
  static final StatementKind<MethodRow> METHOD =
      StatementKind.of("registry.method", MethodRow.class)
          .sql(
              """
              INSERT INTO service_methods AS m
                (service_id, instance_id, method_type, method_name, contract_hash, published, streaming,
                 input_schema, output_schema, registration, last_seen_at)
              SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::text[], $5::text[], $6::bool[],
                $7::bool[], $8::bytea[], $9::bytea[], $10::int8[], $11::timestamptz[])
              ON CONFLICT (instance_id, method_type, published, method_name, contract_hash) DO UPDATE
              SET streaming = excluded.streaming, input_schema = excluded.input_schema,
                  output_schema = excluded.output_schema, registration = excluded.registration,
                  last_seen_at = excluded.last_seen_at
              WHERE m.registration <= excluded.registration
              """)
          .uuid(m -> m.of().serviceId())
          .uuid(m -> m.of().instanceId())
          .int4(MethodRow::type)
          .text(MethodRow::name)
          .text(MethodRow::contractHash)
          .bool(MethodRow::published)
          .bool(MethodRow::streaming)
          .bytes(MethodRow::inputSchema)
          .bytes(MethodRow::outputSchema)
          .int8(m -> m.of().registration())
          .timestamp(m -> m.of().at())
          .conflictKey(
              m ->
                  List.of(m.of().instanceId(), m.type(), m.published(), m.name(), m.contractHash()))
          .priority(62)
          .build();

  /**
   * Removes the methods that an instance no longer declares. Served by the primary key of
   * service_methods.
   */
  static final StatementKind<Declared> PRUNE =
      StatementKind.of("registry.prune", Declared.class)
          .sql(
              """
              DELETE FROM service_methods m
              USING unnest($1::uuid[], $2::int8[]) AS p(instance_id, registration)
              WHERE m.instance_id = p.instance_id AND m.registration < p.registration
              """)
          .uuid(Declared::instanceId)
          .int8(Declared::registration)
          .conflictKey(Declared::instanceId)
          .priority(63)
          .build();

  /** Served by service_instances_connected. */
  private static final String RESET_PRESENCE =
      """
      UPDATE service_instances
      SET status = 'disconnected', call_endpoint = '', http_endpoint = '', session_id = ''
      WHERE status = 'connected' AND (kernel_id IS NULL OR kernel_id <> ALL($1))
      """;

  /** Served by the primary key of service_instances. */
  private static final String UNLIKE =
      """
      SELECT i.id
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
        AS p(id, call_endpoint, http_endpoint, session_id)
      JOIN service_instances i ON i.id = p.id
      WHERE (i.status, i.call_endpoint, i.http_endpoint, i.session_id, i.kernel_id)
        IS DISTINCT FROM ('connected', p.call_endpoint, p.http_endpoint, p.session_id, $5::uuid)
      """;

  /** Served by service_instances_leaf and the primary key of instance_declarations. */
  private static final String STORED =
      """
      SELECT d.instance_id, d.registration, d.fingerprint
      FROM instance_declarations d JOIN service_instances i ON i.id = d.instance_id
      WHERE i.leaf_not_after > now()
      """;

  /**
   * An instance that declared itself long ago and left a moment ago is not stale. Served by
   * service_methods_seen and the primary key of service_instances.
   */
  private static final String COLLECT_METHODS =
      """
      DELETE FROM service_methods m
      WHERE m.last_seen_at < $1 AND NOT EXISTS
        (SELECT 1 FROM service_instances i
         WHERE i.id = m.instance_id AND (i.status = 'connected' OR i.last_seen_at >= $1))
      """;

  /** Served by instance_declarations_updated and the primary key of service_instances. */
  private static final String COLLECT_DECLARATIONS =
      """
      DELETE FROM instance_declarations d
      WHERE d.updated_at < $1 AND NOT EXISTS
        (SELECT 1 FROM service_instances i
         WHERE i.id = d.instance_id AND (i.status = 'connected' OR i.last_seen_at >= $1))
      """;

  /**
   * Methods of services whose capability is off. Their declarations are no longer stored as a
   * fingerprint says, so that is cleared. Served by service_methods_service and the primary key of
   * instance_declarations; without a service, at start, it looks at all.
   */
  private static final String FORBID =
      """
      WITH gone AS
        (DELETE FROM service_methods m USING services s
         WHERE m.service_id = s.id AND NOT m.published AND ($1::uuid IS NULL OR s.id = $1)
           AND (m.method_type = 1 AND NOT s.cap_rpc_handle
             OR m.method_type = 3 AND NOT s.cap_workflow_handle
             OR m.method_type = 4 AND NOT s.cap_job_handle)
         RETURNING m.instance_id)
      UPDATE instance_declarations d SET fingerprint = ''
      WHERE d.instance_id IN (SELECT instance_id FROM gone)
      RETURNING d.instance_id
      """;

  private final Pool pool;
  private final DirectWrites writes;
  private final UUID kernelId;

  RegistryStore(Pool pool, DirectWrites writes, UUID kernelId) {
    this.pool = pool;
    this.writes = writes;
    this.kernelId = kernelId;
  }

  /** Presence of one instance. */
  record Presence(
      UUID instanceId,
      boolean connected,
      String callEndpoint,
      String httpEndpoint,
      String sessionId,
      UUID kernelId,
      Instant at) {}

  /** A numbered declaration of one instance, encoded. */
  record Declared(
      UUID instanceId,
      UUID serviceId,
      long registration,
      byte[] fingerprint,
      byte[] declaration,
      Instant at) {}

  /** One row of service_methods. */
  record MethodRow(
      Declared of,
      int type,
      String name,
      String contractHash,
      boolean published,
      boolean streaming,
      byte[] inputSchema,
      byte[] outputSchema) {}

  /** What is stored of an instance that may come back with its leaf. */
  record Stored(UUID instanceId, long registration, byte[] fingerprint) {}

  Write presence(WritePresence p) {
    var row =
        new Presence(
            p.instanceId(),
            p.connected(),
            p.callEndpoint(),
            p.httpEndpoint(),
            p.sessionId(),
            kernelId,
            Instant.ofEpochMilli(p.atMillis()));
    return Write.of(PRESENCE, row).orderKey(p.instanceId()).build();
  }

  Write declare(Declared declared, Declaration content) {
    return Write.of(DECLARE, declared)
        .andAll(METHOD, methods(declared, content))
        .and(PRUNE, declared)
        .orderKey(declared.instanceId())
        .build();
  }

  private static List<MethodRow> methods(Declared of, Declaration content) {
    List<MethodRow> rows = new ArrayList<>();
    content
        .incoming()
        .forEach(
            m ->
                rows.add(
                    new MethodRow(
                        of,
                        m.type(),
                        m.name(),
                        m.contractHash(),
                        false,
                        m.streaming(),
                        m.inputSchema(),
                        m.outputSchema())));
    content
        .published()
        .forEach(
            p ->
                rows.add(
                    new MethodRow(
                        of,
                        Declarations.EVENT,
                        p.name(),
                        p.contractHash(),
                        true,
                        false,
                        p.schema(),
                        new byte[0])));
    return rows;
  }

  /** Presence that kernels left behind when they were killed; that of live ones stays. */
  Future<Integer> resetPresence(Set<UUID> liveKernels) {
    Tuple live = Tuple.tuple().addArrayOfUUID(liveKernels.toArray(new UUID[0]));
    return writes.write(RESET_PRESENCE, live, DirectWrites.SWEEP).map(r -> r.rowCount());
  }

  /** Those of these live instances whose rows say something else. */
  Future<Set<UUID>> unlike(List<WritePresence> live) {
    if (live.isEmpty()) {
      return Future.succeededFuture(Set.of());
    }
    Tuple expected =
        Tuple.tuple()
            .addArrayOfUUID(live.stream().map(WritePresence::instanceId).toArray(UUID[]::new))
            .addArrayOfString(texts(live, WritePresence::callEndpoint))
            .addArrayOfString(texts(live, WritePresence::httpEndpoint))
            .addArrayOfString(texts(live, WritePresence::sessionId))
            .addUUID(kernelId);
    return pool.preparedQuery(UNLIKE)
        .execute(expected)
        .map(
            rows -> {
              Set<UUID> unlike = new HashSet<>();
              rows.forEach(row -> unlike.add(row.getUUID(0)));
              return unlike;
            });
  }

  private static String[] texts(List<WritePresence> of, Function<WritePresence, String> text) {
    return of.stream().map(text).toArray(String[]::new);
  }

  Future<List<Stored>> stored() {
    return pool.preparedQuery(STORED)
        .execute()
        .map(
            rows -> {
              List<Stored> stored = new ArrayList<>();
              for (Row row : rows) {
                stored.add(new Stored(row.getUUID(0), row.getLong(1), row.getBuffer(2).getBytes()));
              }
              return stored;
            });
  }

  /**
   * Deletes the methods that a service must not have, and tells of which instances.
   *
   * @param service null = of every service
   */
  Future<List<UUID>> forbid(@Nullable UUID service) {
    return writes
        .write(FORBID, Tuple.of(service), DirectWrites.SWEEP)
        .map(
            rows -> {
              List<UUID> instances = new ArrayList<>();
              rows.forEach(row -> instances.add(row.getUUID(0)));
              return instances;
            });
  }

  /** Drops what was not seen since the given time. */
  Future<Void> collect(Instant before) {
    OffsetDateTime at = before.atOffset(ZoneOffset.UTC);
    return writes
        .write(COLLECT_METHODS, Tuple.of(at), DirectWrites.SWEEP)
        .compose(r -> writes.write(COLLECT_DECLARATIONS, Tuple.of(at), DirectWrites.SWEEP))
        .mapEmpty();
  }
}
