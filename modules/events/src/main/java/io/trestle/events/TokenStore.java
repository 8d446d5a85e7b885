package io.trestle.events;

import io.trestle.conversations.EventTokens.Scope;
import io.trestle.kernel.database.DirectWrites;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** All SQL of tokens for events over HTTP: {@code event_http_tokens}. */
final class TokenStore {
  /** Served by event_http_tokens_live. */
  private static final String LIVE =
      """
      SELECT id, service_id, digest, scope, created_at_ms FROM event_http_tokens
      WHERE revoked_at_ms IS NULL ORDER BY created_at_ms, id
      """;

  private static final String ADD =
      """
      INSERT INTO event_http_tokens (id, service_id, digest, scope, created_at_ms)
      VALUES ($1, $2, $3, $4, $5)
      """;

  /** Served by the primary key. */
  private static final String REVOKE =
      """
      UPDATE event_http_tokens SET revoked_at_ms = $2
      WHERE id = ANY ($1) AND revoked_at_ms IS NULL
      """;

  private final Pool pool;
  private final DirectWrites writes;

  TokenStore(Pool pool, DirectWrites writes) {
    this.pool = pool;
    this.writes = writes;
  }

  /** One token; the digest is not shown. */
  record Row(UUID id, UUID service, Buffer digest, Scope scope, long createdAt) {
    @Override
    public String toString() {
      return "token " + id;
    }
  }

  Future<List<Row>> live() {
    return pool.query(LIVE)
        .execute()
        .map(
            rows -> {
              List<Row> live = new ArrayList<>(rows.size());
              rows.forEach(row -> live.add(token(row)));
              return live;
            });
  }

  private static Row token(io.vertx.sqlclient.Row row) {
    return new Row(
        row.getUUID("id"),
        row.getUUID("service_id"),
        row.getBuffer("digest"),
        Scope.find(row.getString("scope")).orElseThrow(),
        row.getLong("created_at_ms"));
  }

  Future<Void> add(Row row) {
    return writes
        .write(
            ADD,
            Tuple.of(row.id(), row.service(), row.digest(), row.scope().text(), row.createdAt()))
        .mapEmpty();
  }

  Future<Void> revoke(List<UUID> ids, long now) {
    return writes
        .write(REVOKE, Tuple.tuple().addArrayOfUUID(ids.toArray(UUID[]::new)).addLong(now))
        .mapEmpty();
  }
}
