package io.trestle.pki;

import io.trestle.pki.core.AuthorityException;
import io.trestle.pki.core.CertificateAuthority;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.security.SecureRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Authorities, by row of {@code runtime_ca}. */
final class AuthorityStore {
  /** The authority of {@code servicebridge.v1}. */
  static final int MAIN = 1;

  private static final Logger LOG = LoggerFactory.getLogger(AuthorityStore.class);

  /** Primary key. */
  private static final String FIND =
      """
      SELECT cert_der, key_der FROM runtime_ca WHERE id = $1
      """;

  /**
   * A database that has services once had an authority, which their keys pin: making another would
   * only hide the loss. Of two kernels that start at once, one row wins.
   */
  private static final String INSERT_FIRST =
      """
      INSERT INTO runtime_ca (id, cert_der, key_der)
      SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM services)
      ON CONFLICT (id) DO NOTHING
      """;

  private final Pool pool;
  private final WorkerExecutor workers;
  private final SecureRandom random;

  AuthorityStore(Pool pool, WorkerExecutor workers, SecureRandom random) {
    this.pool = pool;
    this.workers = workers;
    this.random = random;
  }

  /**
   * The stored authority, checked; a new one in an installation that has neither it nor services.
   */
  Future<CertificateAuthority> open(int id, long nowMillis) {
    return find(id)
        .compose(
            rows ->
                rows.size() > 0
                    ? load(id, rows.iterator().next(), nowMillis)
                    : create(id, nowMillis));
  }

  private Future<RowSet<Row>> find(int id) {
    return pool.preparedQuery(FIND).execute(Tuple.of(id));
  }

  private Future<CertificateAuthority> load(int id, Row row, long nowMillis) {
    byte[] certificate = row.getBuffer("cert_der").getBytes();
    byte[] key = row.getBuffer("key_der").getBytes();
    return workers.executeBlocking(
        () -> CertificateAuthority.load(nameOf(id), certificate, key, nowMillis, random), false);
  }

  private Future<CertificateAuthority> create(int id, long nowMillis) {
    return workers
        .executeBlocking(() -> CertificateAuthority.create(nowMillis, random), false)
        .compose(made -> insert(id, made))
        .compose(inserted -> find(id))
        .compose(
            rows ->
                rows.size() > 0
                    ? load(id, rows.iterator().next(), nowMillis)
                    : Future.failedFuture(missing(id)));
  }

  private Future<Void> insert(int id, CertificateAuthority made) {
    Tuple row = Tuple.of(id, Buffer.buffer(made.certificateDer()), Buffer.buffer(made.keyDer()));
    return pool.preparedQuery(INSERT_FIRST)
        .execute(row)
        .onSuccess(
            result -> {
              if (result.rowCount() == 1) {
                LOG.info(
                    "authority made row={} not_after={}",
                    id,
                    made.certificate().getNotAfter().toInstant());
              }
            })
        .mapEmpty();
  }

  private static AuthorityException missing(int id) {
    return new AuthorityException(
        nameOf(id)
            + ": missing although there are services, whose keys pin it; restore the row from a"
            + " backup, or delete the services to begin anew");
  }

  private static String nameOf(int id) {
    return "runtime_ca row " + id;
  }
}
