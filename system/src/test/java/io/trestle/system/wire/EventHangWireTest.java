package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.system.Switch;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The database neither answers nor refuses. */
@Timeout(120)
class EventHangWireTest {
  /** Official clients wait this long and then send all of it again (events.md 2.1.6). */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void publish_isAnsweredUndecidedInTime_whateverItWaitsFor() {
    String direct = TestKernel.newDatabase();
    int port = URI.create(direct).getPort();
    try (Switch line = new Switch(port);
        TestKernel kernel =
            TestKernel.onDatabase(
                direct.replace(":" + port + "/", ":" + line.port() + "/"), o -> o)) {
      kernel.run();
      ServiceKey service = kernel.service("publisher");
      WireKey key = WireKey.parse(service.apiKey());
      try (WireInstance from = WireInstance.provision(kernel.grpc(), key)) {
        from.connect();
        line.hang();
        WireStream<PublishRequest, PublishResponse> plain = begin(from, event("hang.a"));
        WireStream<PublishRequest, PublishResponse> keyed =
            begin(from, event("hang.b").setIdempotencyKey("k"));
        assertUndecided(plain);
        assertUndecided(keyed);
        line.off();
        line.on();
      }
    }
  }

  private static WireStream<PublishRequest, PublishResponse> begin(
      WireInstance from, EventEnvelope.Builder event) {
    return from.client()
        .open(
            Methods.EVENTS_PUBLISH, PublishRequest.newBuilder().addEvents(event).build(), PATIENCE);
  }

  private static void assertUndecided(WireStream<PublishRequest, PublishResponse> call) {
    List<PublishStatusEntry> results = call.ended().ok().getResultsList();
    assertThat(statuses(results)).containsExactly(0);
  }
}
