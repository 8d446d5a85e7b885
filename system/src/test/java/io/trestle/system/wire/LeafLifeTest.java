package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.testing.TestClock;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.security.cert.X509Certificate;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One story over hours of the kernel's clock. Leaves are issued before it moves, because a leaf of
 * that future is not valid yet in the handshakes of today.
 */
class LeafLifeTest {
  private static final TestClock CLOCK = new TestClock();
  private static final int PINGS = 3_600;
  private static final int BATCH = 100;

  @RegisterExtension
  static final TrestleExtension TRESTLE = new TrestleExtension(o -> o.withClock(CLOCK));

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  @Test
  @Acceptance({"WI-38", "WI-40", "WI-45"})
  void connections_overHours_liveAsLongAsTheInstanceRenews() {
    ServiceKey service = WIRE.service();
    WireInstance renewing = WIRE.connected(service);
    WireInstance forgetful = WIRE.connected(service);
    forgetful.register(Declare.nothing()).first();
    X509Certificate ca = renewing.ca();
    RawHttp2 idle = open(ca, WIRE.instance(service).identity());
    RawHttp2 pinging = open(ca, WIRE.instance(service).identity());

    pingALot(pinging);
    CLOCK.advance(Duration.ofMinutes(50));
    assertThat(renewing.refresh().code()).isEqualTo(Status.Code.OK);
    CLOCK.advance(Duration.ofMinutes(10));
    assertOpen(idle, 0);
    assertOpen(pinging, PINGS);

    CLOCK.advance(Duration.ofMinutes(40));
    assertThat(renewing.refresh().code())
        .as("on a connection whose leaf expired long ago")
        .isEqualTo(Status.Code.OK);
    assertThat(renewing.invoke(WireInstance.invocation(service.id(), "nothing")).notDispatched())
        .as("judged like any other call")
        .isTrue();
    assertThat(renewing.control().isOver()).isFalse();

    assertThat(forgetful.control().ended().code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(forgetful.registry().ended().code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(forgetful.refresh().code())
        .as("it provisions again")
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(renewing.control().isOver()).isFalse();
  }

  private static RawHttp2 open(X509Certificate ca, WireIdentity identity) {
    RawHttp2 connection = WIRE.closing(RawHttp2.connect(WIRE.kernel().grpc(), ca, identity));
    await().until(connection::usable);
    return connection;
  }

  /** Faster than the 100 per second that SDKs could ever send. */
  private static void pingALot(RawHttp2 connection) {
    for (int sent = BATCH; sent <= PINGS; sent += BATCH) {
      int expected = sent;
      connection.ping(BATCH);
      await().until(() -> connection.pongs() >= expected || connection.isClosed());
    }
  }

  private static void assertOpen(RawHttp2 connection, int pongsBefore) {
    connection.ping(1);
    await().until(() -> connection.pongs() == pongsBefore + 1 || connection.isClosed());
    assertThat(connection.goAways()).isZero();
    assertThat(connection.isClosed()).isFalse();
  }
}
