package io.trestle.pki;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.pipeline.KindIdempotence;
import io.trestle.pki.InstanceStore.Leaf;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InstanceStoreTest {
  private static final Instant FIRST = Instant.parse("2026-03-01T13:00:00Z");
  private static final Instant LATER = Instant.parse("2026-03-01T13:30:00Z");

  private final Vertx vertx = Vertx.vertx();
  private final UUID service = UUID.randomUUID();
  private final UUID instance = UUID.randomUUID();

  @AfterEach
  void close() {
    TestHouse.await(vertx.close());
  }

  @Test
  void leaf_anyOrder_isIdempotentAndKeepsTheNewestAndTheTombstone() {
    PgConnectOptions place = TestPostgres.newDatabase();
    TestHouse.migrate(place);
    TestPostgres.execute(place, "INSERT INTO services (id, name) VALUES ('" + service + "', 'a')");

    KindIdempotence.check(vertx, place, InstanceStore.LEAF, List.of(leaf(FIRST)));
    TestPostgres.execute(place, "UPDATE service_instances SET revoked_at = '2026-01-01Z'");
    KindIdempotence.check(vertx, place, InstanceStore.LEAF, List.of(leaf(LATER), leaf(FIRST)));

    assertThat(
            TestPostgres.query(
                place,
                "SELECT leaf_not_after = '2026-03-01T13:30:00Z', revoked_at = '2026-01-01Z'"
                    + " FROM service_instances"))
        .isEqualTo(List.of(List.of("t", "t")));
  }

  private Leaf leaf(Instant notAfter) {
    return new Leaf(instance, service, notAfter);
  }
}
