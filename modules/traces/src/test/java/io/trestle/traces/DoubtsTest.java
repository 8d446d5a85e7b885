package io.trestle.traces;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoubtsTest {
  private final List<Promise<Void>> probes = new ArrayList<>();
  private final Doubts doubts =
      new Doubts(
          () -> {
            Promise<Void> probe = Promise.promise();
            probes.add(probe);
            return probe.future();
          });

  @Test
  void lookUp_withoutDoubt_needsNoWrite() {
    assertThat(doubts.read(() -> Future.succeededFuture(1)).succeeded()).isTrue();
    assertThat(probes).isEmpty();
  }

  @Test
  void lookUps_inDoubt_waitForOneWrite() {
    doubts.arose();
    Future<Integer> first = doubts.read(() -> Future.succeededFuture(1));
    Future<Integer> second = doubts.read(() -> Future.succeededFuture(1));
    assertThat(first.isComplete()).isFalse();
    assertThat(probes).hasSize(1);

    probes.get(0).complete();

    assertThat(second.succeeded()).isTrue();
    assertThat(doubts.read(() -> Future.succeededFuture(1)).succeeded()).isTrue();
    assertThat(probes).hasSize(1);
  }

  @Test
  void doubt_thatTheWriteDidNotSettle_stays() {
    doubts.arose();
    Future<Integer> lookUp = doubts.read(() -> Future.succeededFuture(1));
    probes.get(0).fail("away");

    assertThat(lookUp.failed()).isTrue();
    assertThat(doubts.read(() -> Future.succeededFuture(1)).isComplete()).isFalse();
    assertThat(probes).hasSize(2);
  }

  @Test
  void doubt_thatAroseDuringTheWrite_needsAnother() {
    doubts.arose();
    assertThat(doubts.read(() -> Future.succeededFuture(1)).isComplete()).isFalse();
    doubts.arose();
    probes.get(0).complete();

    assertThat(doubts.read(() -> Future.succeededFuture(1)).isComplete()).isFalse();
    assertThat(probes).hasSize(2);
  }
}
