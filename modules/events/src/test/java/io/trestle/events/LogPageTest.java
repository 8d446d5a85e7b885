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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What consumers read of the log: ranges, and single positions. */
class LogPageTest {
  private static final Integer[] OWN = {1, 4};

  private final Vertx vertx = Vertx.vertx();
  private PgConnectOptions database = new PgConnectOptions();
  private LogStore log = new LogStore(PgBuilder.pool().connectingTo(database).using(vertx).build());

  @BeforeEach
  void log() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/db/events/V1__events.sql")) {
      database =
          TestPostgres.newDatabase(
              new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
    }
    log = new LogStore(PgBuilder.pool().connectingTo(database).using(vertx).build());
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private void event(long position, int subscription, long size) {
    TestPostgres.execute(
        database,
        """
        INSERT INTO event_log SELECT gen_random_uuid(), %d, gen_random_uuid(), gen_random_uuid(),
          'a', convert_to(repeat('x', %d), 'UTF8'), '', '', '', '', NULL, 0, '',
          ARRAY[%d], 0
        """
            .formatted(position, size, subscription));
  }

  private void replay(long position, int consumer) {
    TestPostgres.execute(
        database,
        """
        INSERT INTO events_dlq SELECT gen_random_uuid(), %d, gen_random_uuid(), gen_random_uuid(),
          1, gen_random_uuid(), gen_random_uuid(), 'a', '', '', '', '', NULL, 0, '', NULL, 0,
          'rejected', '', 1, 1, 0, 1, %d
        """
            .formatted(consumer, position));
  }

  private List<Long> at(Long... positions) throws Exception {
    return positions(log.at(7, List.of(positions), OWN, LogStore.PAGE_BYTES).toCompletionStage());
  }

  private static List<Long> positions(CompletionStage<List<Logged>> found) throws Exception {
    List<Logged> events = found.toCompletableFuture().get(60, TimeUnit.SECONDS);
    return events.stream().map(Logged::position).toList();
  }

  @Test
  void positions_areThoseOfTheConsumerAlone_replaysToo_inOrder() throws Exception {
    event(2, 4, 5);
    event(3, 2, 5);
    event(5, 1, 5);
    replay(4, 7);
    replay(6, 8);

    assertThat(at(6L, 5L, 4L, 3L, 2L, 1L)).containsExactly(2L, 4L, 5L);
    assertThat(at(3L)).isEmpty();
    assertThat(positions(log.page(7, 2, 9, OWN, 9, LogStore.PAGE_BYTES).toCompletionStage()))
        .containsExactly(4L, 5L);
  }

  @Test
  void bytes_endWhatIsReadAtOnce_behindTheEventThatReachesThem() throws Exception {
    LongStream.rangeClosed(1, 4).forEach(p -> event(p, 1, LogStore.PAGE_BYTES / 2));

    assertThat(at(1L, 2L, 3L, 4L)).containsExactly(1L, 2L);
    assertThat(at(4L, 3L)).containsExactly(3L, 4L);
    assertThat(positions(log.page(7, 1, 9, OWN, 9, LogStore.PAGE_BYTES).toCompletionStage()))
        .containsExactly(2L, 3L);
  }
}
