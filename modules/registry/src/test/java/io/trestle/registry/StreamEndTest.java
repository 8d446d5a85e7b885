package io.trestle.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StreamEndTest {
  private final AtomicInteger told = new AtomicInteger();
  private final AtomicInteger released = new AtomicInteger();
  private final StreamEnd end =
      new StreamEnd(
          () -> {
            told.incrementAndGet();
            return Future.failedFuture("nobody there");
          });

  @Test
  void over_twice_releasesAndTellsOnce() {
    end.release(released::incrementAndGet);
    end.release(released::incrementAndGet);
    assertThat(end.isOver()).isFalse();

    end.over();
    end.over();

    assertThat(end.isOver()).isTrue();
    assertThat(released).hasValue(2);
    assertThat(told).hasValue(1);
  }

  @Test
  void tell_afterTheEnd_tellsAgain() {
    end.over();

    end.tell();

    assertThat(told).hasValue(2);
  }

  @Test
  void status_refusal_keepsReasonTextAndTrailer() {
    var refused = StreamEnd.status(Refused.withoutEffect(Reason.UNAVAILABLE, "draining"));
    assertThat(refused.status()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(refused.notDispatched()).isTrue();
    assertThat(refused).hasMessage("draining");

    var invalid = StreamEnd.status(Refused.of(Reason.INVALID, "bad filter"));
    assertThat(invalid.status()).isEqualTo(StatusCode.INVALID_ARGUMENT);
    assertThat(invalid.notDispatched()).isFalse();
  }

  @Test
  void status_anythingElse_mayBeRetriedAndSaysNothing() {
    var failure = StreamEnd.status(new IllegalStateException("secret"));

    assertThat(failure.status()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(failure.getMessage()).doesNotContain("secret");
  }
}
