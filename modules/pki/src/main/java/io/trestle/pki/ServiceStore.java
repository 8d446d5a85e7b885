package io.trestle.pki;

import io.trestle.conversations.Services;
import io.trestle.conversations.Services.Service;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.pki.core.KeyId;
import io.trestle.protocol.UuidText;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Services and their bootstrap keys. Operators' changes are single statements with a verdict of
 * their own, so they do not go through the write pipeline.
 */
final class ServiceStore {
  private static final String COLUMNS =
      """
      SELECT s.id, s.name, s.status, s.created_at, k.key_id, k.secret_hash
        FROM services s
        LEFT JOIN bootstrap_keys k ON k.service_id = s.id AND k.revoked_at IS NULL
      """;

  /** Whole table, at start and at each poll. */
  private static final String ALL = COLUMNS + " ORDER BY s.name, s.created_at";

  /** services_pkey, service_keys_service. */
  private static final String SOME = COLUMNS + " WHERE s.id = ANY($1)";

  /** services_key_id, service_keys_pkey. */
  private static final String BY_KEY =
      COLUMNS
          + " WHERE s.id = (SELECT o.service_id FROM bootstrap_keys o WHERE o.key_id = $1 LIMIT 1)";

  /** services_active_name for the active row; the newest revoked one comes after it. */
  private static final String ID_BY_NAME =
      """
      SELECT id FROM services WHERE name = $1
       ORDER BY (status = 'active') DESC, created_at DESC LIMIT 1
      """;

  /** services_pkey. */
  private static final String ID_BY_ID =
      """
      SELECT id FROM services WHERE id = $1
      """;

  private static final String INSERT =
      """
      INSERT INTO services (id, name, key_id, secret_hash) VALUES ($1, $2, $3, $4)
      RETURNING created_at
      """;

  /** services_pkey. */
  private static final String SET_STATUS =
      """
      UPDATE services SET status = $2 WHERE id = $1 AND status <> $2
      """;

  private static final String INSERT_KEY =
      """
      INSERT INTO service_keys (key_id, service_id, secret_hash) VALUES ($1, $2, $3)
      RETURNING created_at
      """;

  /** services_pkey, service_keys_service. */
  private static final String KEYS =
      """
      SELECT key_id, service_id, created_at, revoked_at IS NOT NULL AS revoked
        FROM bootstrap_keys WHERE service_id = $1 ORDER BY created_at, key_id
      """;

  /** services_key_id, service_keys_pkey. A service's first key gets a row that only says so. */
  private static final String REVOKE_KEY =
      """
      INSERT INTO service_keys AS k (key_id, service_id, secret_hash, created_at, revoked_at)
      SELECT b.key_id, b.service_id, '', b.created_at, now() FROM bootstrap_keys b WHERE b.key_id = $1
      ON CONFLICT (key_id) DO UPDATE SET revoked_at = COALESCE(k.revoked_at, now())
      RETURNING key_id, service_id, created_at, true AS revoked
      """;

  private final Pool pool;
  private final DirectWrites writes;

  ServiceStore(Pool pool, DirectWrites writes) {
    this.pool = pool;
    this.writes = writes;
  }

  Future<List<ServiceRow>> all() {
    return pool.preparedQuery(ALL).execute().map(ServiceStore::grouped);
  }

  Future<List<ServiceRow>> some(Collection<UUID> ids) {
    Tuple parameter = Tuple.tuple().addArrayOfUUID(ids.toArray(new UUID[0]));
    return pool.preparedQuery(SOME).execute(parameter).map(ServiceStore::grouped);
  }

  /** The service that a key belongs to, whether the key is good or not. */
  Future<Optional<ServiceRow>> byKey(KeyId keyId) {
    return pool.preparedQuery(BY_KEY)
        .execute(Tuple.of(bytea(keyId)))
        .map(rows -> grouped(rows).stream().findFirst());
  }

  /** The id itself, else the active service of that name, else its newest revoked one. */
  Future<Optional<UUID>> resolve(String nameOrId) {
    Future<Optional<UUID>> byId =
        uuid(nameOrId).map(id -> one(ID_BY_ID, Tuple.of(id))).orElse(none());
    return byId.compose(
        found ->
            found.isPresent()
                ? Future.succeededFuture(found)
                : one(ID_BY_NAME, Tuple.of(nameOrId)));
  }

  Future<Service> insert(UUID id, String name, KeyId keyId, String secretHash) {
    return writes
        .write(INSERT, Tuple.of(id, name, bytea(keyId), secretHash))
        .map(rows -> new Service(id, name, "active", instant(rows.iterator().next())));
  }

  /** Idempotent. */
  Future<Void> setActive(UUID id, boolean active) {
    return writes.write(SET_STATUS, Tuple.of(id, active ? "active" : "revoked")).mapEmpty();
  }

  Future<Services.Key> insertKey(UUID serviceId, KeyId keyId, String secretHash) {
    return writes
        .write(INSERT_KEY, Tuple.of(bytea(keyId), serviceId, secretHash))
        .map(
            rows ->
                new Services.Key(
                    keyId.toString(), serviceId, instant(rows.iterator().next()), false));
  }

  Future<List<Services.Key>> keys(UUID serviceId) {
    return pool.preparedQuery(KEYS).execute(Tuple.of(serviceId)).map(ServiceStore::keysOf);
  }

  /** Empty for an unknown key. Idempotent. */
  Future<Optional<Services.Key>> revokeKey(KeyId keyId) {
    return writes
        .write(REVOKE_KEY, Tuple.of(bytea(keyId)))
        .map(rows -> keysOf(rows).stream().findFirst());
  }

  private Future<Optional<UUID>> one(String sql, Tuple parameters) {
    return pool.preparedQuery(sql)
        .execute(parameters)
        .map(
            rows ->
                rows.size() == 0
                    ? Optional.empty()
                    : Optional.of(rows.iterator().next().getUUID("id")));
  }

  private static Future<Optional<UUID>> none() {
    return Future.succeededFuture(Optional.empty());
  }

  private static Optional<UUID> uuid(String text) {
    return UuidText.parse(text).map(UUID::fromString);
  }

  /** One row per key becomes one service with its keys, in the order of the rows. */
  private static List<ServiceRow> grouped(RowSet<Row> rows) {
    Map<UUID, ServiceRow> services = new LinkedHashMap<>();
    for (Row row : rows) {
      ServiceRow service = services.computeIfAbsent(row.getUUID("id"), id -> withoutKeys(id, row));
      Buffer key = row.getBuffer("key_id");
      if (key != null && key.length() == KeyId.BYTES) {
        service.keys().put(KeyId.of(key.getBytes()), row.getString("secret_hash"));
      }
    }
    return List.copyOf(services.values());
  }

  private static ServiceRow withoutKeys(UUID id, Row row) {
    boolean active = row.getString("status").equals("active");
    return new ServiceRow(id, row.getString("name"), active, instant(row), new HashMap<>());
  }

  private static List<Services.Key> keysOf(RowSet<Row> rows) {
    List<Services.Key> keys = new ArrayList<>();
    for (Row row : rows) {
      String keyId = HexFormat.of().formatHex(row.getBuffer("key_id").getBytes());
      keys.add(
          new Services.Key(
              keyId, row.getUUID("service_id"), instant(row), row.getBoolean("revoked")));
    }
    return keys;
  }

  private static Instant instant(Row row) {
    return row.getOffsetDateTime("created_at").toInstant();
  }

  private static Buffer bytea(KeyId keyId) {
    return Buffer.buffer(keyId.bytes());
  }
}
