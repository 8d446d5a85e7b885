package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.gateway.GatewayOptions;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.DoubleAccumulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Several instances publish more at once than there is memory for (events.md 2.1.7). */
class PublishFloodTest {
  private static final int BOUND = 8 << 20;
  private static final int INSTANCES = 6;
  private static final int REQUESTS = 6;

  @RegisterExtension
  static final TrestleExtension TRESTLE = new TrestleExtension(PublishFloodTest::bounded);

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static TrestleOptions bounded(TrestleOptions options) {
    GatewayOptions o = options.gateway();
    return options.withGateway(
        new GatewayOptions(
            o.loops(),
            o.handshakes(),
            o.strangers(),
            new GatewayOptions.Memory(64 << 20, 64 << 20, BOUND, Duration.ofSeconds(1)),
            o.pingInterval(),
            o.pingTimeout(),
            o.linger(),
            o.stop()));
  }

  private static double held() {
    return TRESTLE.kernel().trestle().meters().get("trestle.gateway.request.bytes").gauge().value();
  }

  /** 3 MiB in four events. */
  private static PublishRequest large() {
    ByteString payload = ByteString.copyFrom(new byte[768 << 10]);
    PublishRequest.Builder request = PublishRequest.newBuilder();
    for (int i = 0; i < 4; i++) {
      request.addEvents(event("flood.a").clearPayloadJson().setPayload(payload));
    }
    return request.build();
  }

  @Test
  void flood_ofSeveralInstances_isHeldWithinTheBound_andNothingAnsweredIsLost() {
    List<WireInstance> instances = new ArrayList<>();
    for (int i = 0; i < INSTANCES; i++) {
      instances.add(WIRE.connected(WIRE.service()));
    }
    List<WireStream<PublishRequest, PublishResponse>> calls = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      instances.forEach(from -> calls.add(from.client().open(Methods.EVENTS_PUBLISH, large())));
    }

    DoubleAccumulator most = new DoubleAccumulator(Math::max, 0);
    await()
        .pollInterval(Duration.ofMillis(2))
        .until(
            () -> {
              most.accumulate(held());
              return calls.stream().allMatch(WireStream::isOver);
            });

    int stored = 0;
    for (WireStream<PublishRequest, PublishResponse> call : calls) {
      Status.Code code = call.ended().status().getCode();
      assertThat(code).isIn(Status.Code.OK, Status.Code.RESOURCE_EXHAUSTED);
      stored += code == Status.Code.OK ? call.ended().ok().getResultsCount() : 0;
    }
    double slack = 1 << 20;
    assertThat(most.get()).isLessThan(BOUND * 1.25 + slack);
    assertThat(stored).isPositive();
    long rows =
        TRESTLE
            .kernel()
            .sql()
            .column(Long.class, "SELECT count(*) FROM event_log WHERE name = 'flood.a'")
            .get(0);
    assertThat(rows).isGreaterThanOrEqualTo(stored);
    assertThat(statuses(publish(instances.get(0), event("flood.after")))).containsExactly(1);
  }
}
