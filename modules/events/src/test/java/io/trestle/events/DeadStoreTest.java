package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.TestPostgres;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a start reads of dead letters. */
class DeadStoreTest {
  private final Vertx vertx = Vertx.vertx();
  private PgConnectOptions database = new PgConnectOptions();

  @BeforeEach
  void twoConsumers() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/db/events/V1__events.sql")) {
      database =
          TestPostgres.newDatabase(
              new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8),
              consumer(7, 10, "{[20,30),[40,50)}"),
              consumer(8, 0, "{}"));
    }
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static String consumer(int number, long floor, String finished) {
    return """
        INSERT INTO event_consumers
          (number, kind, owner_id, group_name, floor, finished, pending, offline_since_ms,
           created_at_ms)
        VALUES (%d, 'service', gen_random_uuid(), '', %d, '%s', 0, 0, 0)
        """
        .formatted(number, floor, finished);
  }

  private void letter(int consumer, long position, String replayedAt, String replayPosition) {
    TestPostgres.execute(
        database,
        """
        INSERT INTO events_dlq SELECT gen_random_uuid(), %d, gen_random_uuid(), gen_random_uuid(),
          %d, gen_random_uuid(), gen_random_uuid(), 'a', '', '', '', '', NULL, 0, '', NULL, 0,
          'rejected', '', 1, 1, 0, %s, %s
        """
            .formatted(consumer, position, replayedAt, replayPosition));
  }

  private void letter(int consumer, long position) {
    letter(consumer, position, "NULL", "NULL");
  }

  private List<String> buried() throws Exception {
    return new DeadStore(PgBuilder.pool().connectingTo(database).using(vertx).build())
        .buried().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS).stream()
            .map(place -> place.consumer() + ":" + place.position())
            .toList();
  }

  @Test
  void buried_areOnlyThoseThatTheProgressDoesNotKnow() throws Exception {
    for (long position : new long[] {5, 10, 15, 20, 29, 30, 45, 60}) {
      letter(7, position);
    }
    letter(8, 25);

    assertThat(buried()).containsExactlyInAnyOrder("7:15", "7:30", "7:60", "8:25");
  }

  @Test
  void buried_afterAReplay_areThoseThatDiedAgain_atTheirNewPosition() throws Exception {
    letter(7, 1, "NULL", "35");
    letter(7, 2, "NULL", "45");
    letter(7, 3, "17", "36");

    assertThat(buried()).containsExactly("7:35");
  }
}
