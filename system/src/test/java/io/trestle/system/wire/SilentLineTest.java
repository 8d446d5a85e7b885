package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.system.Switch;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A connection that is dead without a word: no FIN, no RST, nothing arrives any more. */
class SilentLineTest {
  /** The rule says 3 s. The rest is for a machine that does other things; a ping takes 30 s. */
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey consumer = WIRE.service();

  @Test
  @Acceptance("EV-54")
  void secondStream_isRefusedWhileTheFirstAnswers_andTakesItsPlaceWhenItIsSilent() {
    String address = TRESTLE.kernel().grpc();
    try (Switch line =
        new Switch(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)))) {
      WireKey key = WireExtension.key(consumer);
      WireIdentity identity = WireInstance.provisionIdentity(address, key);
      String through = "127.0.0.1:" + line.port();
      WireInstance first = WIRE.closing(WireInstance.of(through, key, identity));
      first.connect();
      WireSubscriber before = WireSubscriber.of(first, 8, "silent.*");
      publish(WIRE.connected(WIRE.service()), event("silent.a"));
      before.delivery(1);
      WireInstance second = WIRE.closing(WireInstance.of(address, key, identity));
      assertThat(WireSubscriber.open(second, 8).stream().ended().status().getCode())
          .isEqualTo(Status.Code.ALREADY_EXISTS);

      line.hang();

      WireSubscriber after = WireSubscriber.open(second, 8);
      await().atMost(SOON).until(() -> !after.deliveries().isEmpty());
      assertThat(after.delivery(1).getAttempt()).isEqualTo(1);
      assertThat(before.stream().isOver()).isFalse();
    }
  }
}
