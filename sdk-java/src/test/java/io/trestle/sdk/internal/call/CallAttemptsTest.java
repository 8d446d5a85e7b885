package io.trestle.sdk.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.call.CallAttempts.Next;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CallAttemptsTest {
  private static final Duration PLENTY = Duration.ofSeconds(30);
  private final ServiceBridgeException error = new ConnectionException("x", 14, null);
  private final Failure finalFailure = new Failure.Final(error);
  private final Failure undispatched = new Failure.Undispatched(error, null);
  private final Failure unreached = new Failure.Undispatched(error, "instance-1");

  @Test
  @Acceptance({"RPC-23", "WI-54"})
  void failureWithoutProof_isFinal() {
    CallAttempts attempts = new CallAttempts(Transport.AUTO, RetryPolicy.DEFAULT);
    assertThat(attempts.after(finalFailure, PLENTY, 0.5)).isEqualTo(new Next.GiveUp(error));
  }

  @Test
  @Acceptance("RPC-20")
  void unreachedInstance_inAuto_switchesToTheProxyAtOnce_andIsExcluded() {
    CallAttempts attempts = new CallAttempts(Transport.AUTO, RetryPolicy.DEFAULT);

    assertThat(attempts.after(unreached, PLENTY, 0.5)).isEqualTo(new Next.Again(Duration.ZERO));
    assertThat(attempts.proxy()).isTrue();
    assertThat(attempts.excluded()).containsExactly("instance-1");
    assertThat(attempts.after(undispatched, PLENTY, 0.5))
        .isEqualTo(new Next.Again(Duration.ofMillis(400)));
    assertThat(attempts.after(undispatched, PLENTY, 0.5)).isInstanceOf(Next.GiveUp.class);
  }

  @Test
  void unreachedInstance_inDirect_staysDirect_afterAPause_andOthersComeFirst() {
    CallAttempts attempts = new CallAttempts(Transport.DIRECT, RetryPolicy.DEFAULT);

    assertThat(attempts.after(unreached, PLENTY, 0.5))
        .isEqualTo(new Next.Again(Duration.ofMillis(200)));
    assertThat(attempts.proxy()).isFalse();
    assertThat(attempts.excluded()).containsExactly("instance-1");
  }

  @Test
  void exhaustedTime_endsWithTheLastFailure() {
    CallAttempts attempts = new CallAttempts(Transport.AUTO, RetryPolicy.DEFAULT);
    assertThat(attempts.after(unreached, Duration.ZERO, 0.5)).isEqualTo(new Next.GiveUp(error));
    assertThat(attempts.after(undispatched, Duration.ofMillis(100), 0.5))
        .isEqualTo(new Next.GiveUp(error));
  }

  @Property
  void pauses_stayWithinTheirBounds(
      @ForAll @IntRange(min = 2, max = 20) int max,
      @ForAll @DoubleRange(min = 0, max = 1) double random) {
    CallAttempts attempts =
        new CallAttempts(Transport.PROXY, RetryPolicy.DEFAULT.withMaxAttempts(max));
    int made = 1;
    Duration hour = Duration.ofHours(1);
    while (attempts.after(undispatched, hour, random) instanceof Next.Again again) {
      made++;
      assertThat(again.pause()).isBetween(Duration.ofMillis(140), Duration.ofMillis(6_500));
    }
    assertThat(made).isEqualTo(max);
  }
}
