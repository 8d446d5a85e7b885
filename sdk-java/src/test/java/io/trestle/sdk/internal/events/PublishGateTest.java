package io.trestle.sdk.internal.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.OverflowPolicy;
import io.trestle.sdk.ServiceBridgeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PublishGateTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(20);

  @Test
  void limit_holdsExactly_andPlacesComeBack() {
    PublishGate gate = new PublishGate(2, OverflowPolicy.ERROR);
    assertThat(gate.enter(LONG)).isTrue();
    assertThat(gate.enter(LONG)).isTrue();
    assertThat(gate.enter(LONG)).isFalse();
    gate.leave();
    assertThat(gate.enter(LONG)).isTrue();
    assertThat(gate.inside()).isEqualTo(2);
  }

  @Test
  void dropOldest_leavesTheLimitToTheQueue_upToTwiceIt() {
    PublishGate gate = new PublishGate(2, OverflowPolicy.DROP_OLDEST);
    for (int i = 0; i < 4; i++) {
      assertThat(gate.enter(0)).isTrue();
    }
    assertThat(gate.enter(0)).isFalse();
  }

  @Test
  void block_waitsForAPlace() throws Exception {
    PublishGate gate = new PublishGate(1, OverflowPolicy.BLOCK);
    assertThat(gate.enter(LONG)).isTrue();
    CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> gate.enter(LONG));
    await().until(() -> gate.waiting() == 1);
    assertThat(second).isNotDone();
    gate.leave();
    assertThat(second.get()).isTrue();
  }

  @Test
  void block_endsWithItsTime_andOnAnEventLoopAtOnce() {
    PublishGate gate = new PublishGate(1, OverflowPolicy.BLOCK);
    assertThat(gate.enter(LONG)).isTrue();
    assertThat(gate.enter(1)).isFalse();
    assertThat(gate.enter(0)).isFalse();
  }

  @Test
  void block_endsWhenTheGateCloses() throws Exception {
    PublishGate gate = new PublishGate(1, OverflowPolicy.BLOCK);
    assertThat(gate.enter(LONG)).isTrue();
    CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> gate.enter(LONG));
    await().until(() -> gate.waiting() == 1);
    gate.close();
    assertThat(second.get()).isFalse();
  }

  @Test
  void block_interrupted_isCancelled() {
    PublishGate gate = new PublishGate(1, OverflowPolicy.BLOCK);
    assertThat(gate.enter(LONG)).isTrue();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> gate.enter(LONG))
        .isInstanceOfSatisfying(
            ServiceBridgeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThat(Thread.interrupted()).isTrue();
  }
}
