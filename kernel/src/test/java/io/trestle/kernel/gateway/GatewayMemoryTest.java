package io.trestle.kernel.gateway;

import static io.trestle.kernel.gateway.TestMethods.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.transport.Identity;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What requests of several instances may hold in memory together. */
class GatewayMemoryTest {
  private static final int PART = 90_000;
  private static final Duration LONG = Duration.ofMinutes(5);

  private GatewayFixture gateway = GatewayFixture.start();

  @AfterEach
  void close() throws Exception {
    gateway.close();
  }

  private void bound(long requests, Duration patience) throws Exception {
    gateway.close();
    GatewayOptions o = GatewayOptions.defaults(2);
    gateway =
        GatewayFixture.start(
            new GatewayOptions(
                o.loops(),
                o.handshakes(),
                o.strangers(),
                new GatewayOptions.Memory(64 << 20, 64 << 20, requests, patience),
                o.pingInterval(),
                o.pingTimeout(),
                o.linger(),
                o.stop()));
  }

  /** A request of which a part was sent, of an instance of its own. */
  private Future<RawConnection.Answer> begun() {
    Identity another =
        gateway.certificates.service(
            GatewayFixture.SERVICE_ID.toString(), UUID.randomUUID().toString());
    Buffer head = Buffer.buffer().appendByte((byte) 0).appendInt(1 << 20);
    return gateway.raw(another).unfinished(UNARY, head.appendBytes(new byte[PART]));
  }

  private List<Future<RawConnection.Answer>> begun(int count) {
    List<Future<RawConnection.Answer>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(begun());
    }
    return answers;
  }

  private static long ended(List<Future<RawConnection.Answer>> answers) {
    return answers.stream().filter(Future::succeeded).count();
  }

  @Test
  void requestsOfManyInstances_overTheBound_endUntilTheRestIsBelowIt() throws Exception {
    bound(5 * PART, Duration.ofMillis(200));
    List<Future<RawConnection.Answer>> answers = begun(12);

    await().until(() -> ended(answers) >= 7);
    answers.stream()
        .filter(Future::succeeded)
        .forEach(answer -> assertThat(answer.result().grpcStatus()).isEqualTo("8"));
    await().until(() -> gateway.count(GatewayMetrics.BODIES) <= 5 * PART);
    assertThat(gateway.count(GatewayMetrics.BODIES_BOUND)).isEqualTo(5.0 * PART);
    assertThat(ended(answers)).as("those within the bound go on").isLessThan(12);
    assertThat(gateway.count(GatewayMetrics.REFUSED, "reason", "memory")).isGreaterThan(6);

    gateway.closeClients();
    gateway.holdsNothing();
  }

  @Test
  void smallRequests_whileLargeOnesWait_areAnswered() throws Exception {
    bound(5 * PART, LONG);
    List<Future<RawConnection.Answer>> waiting = begun(6);
    await().until(() -> gateway.count(GatewayMetrics.BODIES) > 5 * PART);

    gateway.serves();

    assertThat(ended(waiting)).isZero();
  }

  @Test
  void requests_aQuarterOverTheBound_endAtOnce() throws Exception {
    bound(5 * PART, LONG);
    List<Future<RawConnection.Answer>> answers = begun(12);

    await().until(() -> ended(answers) >= 5);
    assertThat(gateway.count(GatewayMetrics.BODIES)).isLessThanOrEqualTo(5 * PART * 5 / 4 + PART);
  }

  @Test
  void request_thatIsAlone_mayBeLargerThanTheBound() throws Exception {
    bound(1_000, Duration.ofMillis(1));
    assertThat(gateway.raw().call(UNARY, "x".repeat(PART)).grpcStatus()).isEqualTo("0");
    gateway.holdsNothing();
  }
}
