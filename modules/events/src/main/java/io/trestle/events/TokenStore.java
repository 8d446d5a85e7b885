package io.trestle.events;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** All SQL of tokens for publishing over HTTP: {@code event_http_tokens}. */
final class TokenStore {
  /** Served by event_http_tokens_live. */
  private static final String LIVE =
      """
      SELECT id, service_id, digest, created_at_ms FROM event_http_tokens
      WHERE revoked_at_ms IS NULL ORDER BY created_at_ms, id
      """;

  private static final String ADD =
      """
      INSERT INTO event_http_tokens (id, service_id, digest, created_at_ms)
      VALUES ($1, $2, $3, $4)
      """;

  /** Served by the primary key. */
  private static final String REVOKE =
      """
      UPDATE event_http_tokens SET revoked_at_ms = $2
      WHERE id = ANY ($1) AND revoked_at_ms IS NULL
      """;

  private final Pool pool;

  TokenStore(Pool pool) {
    this.pool = pool;
  }

  /** One token; the digest is not shown. */
  record Row(UUID id, UUID service, Buffer digest, long createdAt) {
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
              rows.forEach(
                  row ->
                      live.add(
                          new Row(
                              row.getUUID("id"),
                              row.getUUID("service_id"),
                              row.getBuffer("digest"),
                              row.getLong("created_at_ms"))));
              return live;
            });
  }

  Future<Void> add(Row row) {
    return pool.preparedQuery(ADD)
        .execute(Tuple.of(row.id(), row.service(), row.digest(), row.createdAt()))
        .mapEmpty();
  }

  Future<Void> revoke(List<UUID> ids, long now) {
    return pool.preparedQuery(REVOKE)
        .execute(Tuple.tuple().addArrayOfUUID(ids.toArray(UUID[]::new)).addLong(now))
        .mapEmpty();
  }
}
