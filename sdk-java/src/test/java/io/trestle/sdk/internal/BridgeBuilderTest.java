package io.trestle.sdk.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.transport.TestCertificates;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeBuilder;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class BridgeBuilderTest {
  private static final String KEY =
      BootstrapKey.of(new byte[8], new byte[32], TestCertificates.create().ca()).format();

  @Test
  void badValues_areRefusedAtOnce_byNameAndExpectation() {
    assertBad(b -> b.advertise("host", 70_000), "advertise port: 70000 (expected: 0 to 65535)");
    assertBad(b -> b.advertise("no host", 1), "advertise host: no host");
    assertBad(b -> b.inboundLimits(0, 1), "running: 0 (expected: 1 or more)");
    assertBad(b -> b.inboundLimits(1, -1), "queued: -1 (expected: 0 or more)");
    assertBad(b -> b.reconnectAttempts(-1), "reconnectAttempts: -1");
    assertBad(b -> b.reconnectLadder(List.of()), "reconnectLadder: []");
    assertBad(b -> b.reconnectInterval(Duration.ZERO), "reconnectLadder: PT0S");
    assertBad(b -> b.startTimeout(Duration.ZERO), "startTimeout: PT0S");
    assertBad(b -> b.stopTimeout(Duration.ofMillis(-1)), "stopTimeout:");
    assertBad(b -> b.callerOnly().advertise("host", 1), "callerOnly");
    assertThatThrownBy(() -> CallOptions.timeoutOf(Duration.ZERO))
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> RetryPolicy.DEFAULT.withMaxAttempts(0))
        .hasMessage("maxAttempts: 0 (expected: 1 or more)");
  }

  @Test
  void badUrlOrKey_isRefused_withoutQuotingTheKey() {
    assertThatThrownBy(() -> ServiceBridge.builder("nowhere", KEY).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("url: nowhere (expected: host:port)");
    String broken = KEY.substring(0, KEY.length() / 2);
    assertThatThrownBy(() -> ServiceBridge.builder("host:1", broken).build())
        .isInstanceOf(ConfigurationException.class)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain(broken));
  }

  @Test
  void declarations_areCheckedWhereTheyAreMade() {
    ServiceBridge bridge = builder().build();
    bridge.rpc().handle("m", (p, c) -> p);
    assertThatThrownBy(() -> bridge.rpc().handle("m", (p, c) -> p))
        .isInstanceOf(ValidationException.class);
    assertThatThrownBy(() -> bridge.rpc().handle("a/b", (p, c) -> p))
        .isInstanceOf(ValidationException.class);
    assertThatThrownBy(() -> bridge.service("", ServiceDeps.rpc("m")))
        .isInstanceOf(ValidationException.class);
    assertThatThrownBy(() -> bridge.httpEndpoint("nowhere"))
        .isInstanceOf(ValidationException.class);
    assertThatCode(() -> bridge.service("s", ServiceDeps.rpc("*"))).doesNotThrowAnyException();
  }

  @Test
  void handler_onACallerOnlyBridge_isAConfigurationError() {
    ServiceBridge bridge = builder().callerOnly().build();
    assertThatThrownBy(() -> bridge.rpc().handle("m", (p, c) -> p))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void call_beforeStart_isAStateError() {
    ServiceBridge bridge = builder().build();
    assertThatThrownBy(() -> bridge.rpc().call("s", "m", new byte[0]))
        .isInstanceOf(StateException.class);
    assertThat(bridge.identity()).isEmpty();
    assertThat(bridge.policyEvaluation()).isEmpty();
  }

  @Test
  void start_afterStop_isAStateError() {
    ServiceBridge bridge = builder().build();
    bridge.stop();
    bridge.stop();
    assertThatThrownBy(bridge::start).isInstanceOf(StateException.class);
    assertThatThrownBy(() -> bridge.ready().join()).hasRootCauseInstanceOf(StateException.class);
  }

  @Test
  void start_withoutARuntime_failsAfterItsTimeout_andStopStillWorks() {
    ServiceBridge bridge = builder().startTimeout(Duration.ofMillis(300)).build();
    assertThatThrownBy(bridge::start)
        .isInstanceOf(ServiceBridgeException.class)
        .hasMessageContaining("not ready within PT0.3S")
        .hasMessageContaining("cannot reach");
    assertThatThrownBy(bridge::start).isInstanceOf(StateException.class);
    bridge.stop();
  }

  @Test
  void limitedAttempts_endTheBridge_withTheLastFailure() {
    ServiceBridge bridge =
        builder().reconnectAttempts(2).reconnectInterval(Duration.ofMillis(10)).build();
    assertThatThrownBy(bridge::start)
        .isInstanceOf(ServiceBridgeException.class)
        .satisfies(
            e -> assertThat(((ServiceBridgeException) e).code()).isEqualTo(ErrorCode.CONNECTION));
    bridge.close();
  }

  private static ServiceBridgeBuilder builder() {
    return ServiceBridge.builder("127.0.0.1:1", KEY);
  }

  private static void assertBad(Consumer<ServiceBridgeBuilder> option, String message) {
    assertThatThrownBy(
            () -> {
              ServiceBridgeBuilder builder = builder();
              option.accept(builder);
              builder.build();
            })
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(message);
  }
}
