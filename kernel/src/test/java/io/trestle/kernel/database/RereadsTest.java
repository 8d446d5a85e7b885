package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RereadsTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<Read> reads = new CopyOnWriteArrayList<>();
  private final Rereads<String> rereads = new Rereads<>(vertx.getOrCreateContext(), this::read);

  private record Read(Set<String> some, boolean all, Promise<Void> done) {}

  private Future<Void> read(Set<String> some, boolean all) {
    Promise<Void> done = Promise.promise();
    reads.add(new Read(some, all, done));
    return done.future();
  }

  /** The n-th read, when it has begun. */
  private Read read(int n) {
    await().until(() -> reads.size() > n);
    return reads.get(n);
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private static void awaitEnd(Future<?> future) {
    await().until(future::isComplete);
  }

  @Test
  void one_whileReading_isServedByTheNextRead_withAllWhoAsked() {
    Future<Void> first = rereads.one("a");
    Read read = read(0);
    Future<Void> second = rereads.one("b");
    Future<Void> third = rereads.one("a");

    read.done.complete();
    awaitEnd(first);

    assertThat(read.some).containsExactly("a");
    assertThat(read(1).some).containsExactlyInAnyOrder("a", "b");
    assertThat(second.isComplete()).as("it began before").isFalse();
    read(1).done.complete();
    awaitEnd(second);
    awaitEnd(third);
    assertThat(reads).hasSize(2);
  }

  @Test
  void all_isReadWithWhatWasNamed() {
    rereads.one("a").onFailure(e -> {});
    read(0);
    rereads.one("b").onFailure(e -> {});
    Future<Void> all = rereads.all();

    read(0).done.complete();

    assertThat(read(1).all).isTrue();
    assertThat(read(1).some).containsExactly("b");
    read(1).done.complete();
    awaitEnd(all);
    assertThat(all.succeeded()).isTrue();
  }

  @Test
  void read_thatFailed_isMadeGoodByTheNext() {
    Future<Void> all = rereads.all();
    read(0).done.fail("away");
    awaitEnd(all);
    assertThat(all.failed()).isTrue();

    Future<Void> one = rereads.one("a");

    assertThat(read(1).all).isTrue();
    assertThat(read(1).some).containsExactly("a");
    read(1).done.fail("away");
    awaitEnd(one);
    rereads.one("b").onFailure(e -> {});
    assertThat(read(2).some).containsExactlyInAnyOrder("a", "b");
    assertThat(read(2).all).isTrue();
  }

  @Test
  void reader_thatThrows_doesNotStopThoseWhoComeLater() {
    Rereads<String> throwing =
        new Rereads<>(
            vertx.getOrCreateContext(),
            (some, all) -> {
              if (!all) {
                throw new IllegalStateException("no");
              }
              return Future.succeededFuture();
            });

    Future<Void> one = throwing.one("a");
    awaitEnd(one);
    Future<Void> all = throwing.all();
    awaitEnd(all);

    assertThat(one.failed()).isTrue();
    assertThat(all.succeeded()).isTrue();
  }
}
