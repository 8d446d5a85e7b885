package io.trestle.sdk.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.session.SessionEffect.Announce;
import io.trestle.sdk.internal.session.SessionEffect.Arm;
import io.trestle.sdk.internal.session.SessionEffect.FailStart;
import io.trestle.sdk.internal.session.SessionEffect.Plain;
import io.trestle.sdk.internal.session.SessionEffect.Timer;
import io.trestle.sdk.internal.session.SessionEvent.BackoffOver;
import io.trestle.sdk.internal.session.SessionEvent.Bound;
import io.trestle.sdk.internal.session.SessionEvent.ControlEnded;
import io.trestle.sdk.internal.session.SessionEvent.Drained;
import io.trestle.sdk.internal.session.SessionEvent.ProvisionFailed;
import io.trestle.sdk.internal.session.SessionEvent.Provisioned;
import io.trestle.sdk.internal.session.SessionEvent.Redeclared;
import io.trestle.sdk.internal.session.SessionEvent.RegistryDue;
import io.trestle.sdk.internal.session.SessionEvent.RegistryEnded;
import io.trestle.sdk.internal.session.SessionEvent.SnapshotArrived;
import io.trestle.sdk.internal.session.SessionEvent.Start;
import io.trestle.sdk.internal.session.SessionEvent.StartOverdue;
import io.trestle.sdk.internal.session.SessionEvent.Stop;
import io.trestle.sdk.internal.session.SessionEvent.Welcomed;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionMachineTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final SessionFailure AWAY = SessionFailure.passing("away");
  private static final SessionFailure REVOKED =
      SessionFailure.of("control", CallStatus.of(StatusCode.UNAUTHENTICATED, "access revoked"));

  private Instant now = START;
  private SessionMachine machine = machine(0);

  @Test
  void start_withEverythingInOrder_becomesReady() {
    assertThat(machine.on(new Start()))
        .containsExactly(new Arm(Timer.START, Duration.ofSeconds(30)), Plain.PROVISION);
    assertThat(machine.on(provisioned())).containsExactly(Plain.BIND);
    assertThat(machine.on(new Bound()))
        .containsExactly(new Arm(Timer.WELCOME, Duration.ofSeconds(10)), Plain.OPEN_CONTROL);
    assertThat(machine.on(welcomed())).contains(Plain.PLAN_RENEWAL, Plain.OPEN_REGISTRY);
    assertThat(machine.on(new SnapshotArrived())).contains(Plain.COMPLETE_START);
    assertThat(machine.state()).isEqualTo(SessionState.READY);
  }

  @Test
  @Acceptance("WI-36")
  void terminalStatuses_ofAKeyAndOfAnIdentity_endAfterOneAttempt_andOthersDoNot() {
    for (StatusCode code : StatusCode.values()) {
      CallStatus status = CallStatus.of(code, "no");
      boolean terminal = List.of(16, 7, 5, 3, 9).contains(code.number());

      machine = machine(0);
      machine.on(new Start());
      SessionFailure key = SessionFailure.of("provision", status);
      expectEnd(terminal, key, machine.on(new ProvisionFailed(key)));

      machine = machine(0);
      machine.on(new Start());
      machine.on(provisioned());
      machine.on(new Bound());
      SessionFailure identity = SessionFailure.of("control", status);
      expectEnd(terminal, identity, machine.on(new ControlEnded(identity)));
    }
  }

  /** Either the end, with nothing that a later timer could wake, or a pause and another attempt. */
  private void expectEnd(boolean expected, SessionFailure failure, List<SessionEffect> effects) {
    assertThat(machine.state() == SessionState.FAILED).as(failure.reason()).isEqualTo(expected);
    if (expected) {
      assertThat(effects)
          .contains(new FailStart(failure.error()), Plain.CLOSE)
          .noneMatch(Arm.class::isInstance);
      assertThat(machine.on(new BackoffOver())).isEmpty();
    } else {
      assertThat(pauseOf(effects)).isPositive();
      assertThat(machine.on(new BackoffOver())).isNotEmpty();
    }
  }

  @Test
  void failures_climbTheLadder_andAWelcomeBeginsItAnew() {
    ready();
    assertThat(pauseOf(machine.on(new ControlEnded(AWAY)))).isEqualTo(Duration.ofSeconds(1));
    List<Duration> pauses = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      machine.on(new BackoffOver());
      pauses.add(pauseOf(machine.on(new ControlEnded(AWAY))));
    }
    assertThat(pauses.stream().map(Duration::toSeconds))
        .containsExactly(5L, 15L, 30L, 60L, 60L, 60L);

    machine.on(new BackoffOver());
    machine.on(welcomed());
    assertThat(pauseOf(machine.on(new ControlEnded(AWAY)))).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  @Acceptance("WI-37")
  void limitedAttempts_endAfterThatManyConsecutiveFailures() {
    machine = machine(3);
    ready();
    machine.on(new ControlEnded(AWAY));
    for (int failure = 1; failure <= 3; failure++) {
      assertThat(machine.state()).isEqualTo(SessionState.BACKOFF);
      machine.on(new BackoffOver());
      machine.on(new ControlEnded(AWAY));
    }
    assertThat(machine.state()).isEqualTo(SessionState.FAILED);
  }

  @Test
  void freshLeaf_isUsedAgain_andAnOldOneIsNot() {
    ready();
    machine.on(new ControlEnded(AWAY));
    now = START.plus(Duration.ofMinutes(29));
    assertThat(machine.on(new BackoffOver())).contains(Plain.OPEN_CONTROL);

    machine.on(new ControlEnded(AWAY));
    now = START.plus(Duration.ofMinutes(30));
    assertThat(machine.on(new BackoffOver())).containsExactly(Plain.PROVISION);
    machine.on(provisioned());
    assertThat(machine.state()).isEqualTo(SessionState.CONNECTING);
  }

  @Test
  void registryEnd_isRetriedOnItsOwnLadder_whileTheSessionLasts() {
    ready();
    assertThat(armOf(machine.on(new RegistryEnded(AWAY)), Timer.REGISTRY))
        .isEqualTo(Duration.ofSeconds(1));
    machine.on(new RegistryDue());
    assertThat(armOf(machine.on(new RegistryEnded(AWAY)), Timer.REGISTRY))
        .isEqualTo(Duration.ofSeconds(5));
    assertThat(machine.on(new RegistryDue())).contains(Plain.OPEN_REGISTRY);
    machine.on(new SnapshotArrived());
    assertThat(armOf(machine.on(new RegistryEnded(AWAY)), Timer.REGISTRY))
        .isEqualTo(Duration.ofSeconds(1));
    assertThat(machine.state()).isEqualTo(SessionState.READY);
  }

  @Test
  @Acceptance("RG-13")
  void refusedDeclaration_endsTheBridge_asValidation() {
    ready();
    SessionFailure refused =
        SessionFailure.ofRegistry(CallStatus.of(StatusCode.INVALID_ARGUMENT, "filter"));

    machine.on(new RegistryEnded(refused));

    assertThat(machine.state()).isEqualTo(SessionState.FAILED);
    assertThat(refused.error()).isInstanceOf(ValidationException.class);
  }

  @Test
  void redeclaration_onALiveSession_registersAgain() {
    ready();
    assertThat(machine.on(new Redeclared())).contains(Plain.OPEN_REGISTRY);
  }

  @Test
  void revocation_endsTheBridge() {
    ready();
    List<SessionEffect> effects = machine.on(new ControlEnded(REVOKED));
    assertThat(effects)
        .contains(new Announce(new BridgeEvent.Disconnected(REVOKED.reason(), REVOKED.error())));
  }

  @Test
  void overdueStart_fails_andNamesTheLastFailure() {
    machine.on(new Start());
    machine.on(new ProvisionFailed(AWAY));

    List<SessionEffect> effects = machine.on(new StartOverdue());

    assertThat(machine.state()).isEqualTo(SessionState.FAILED);
    assertThat(effects)
        .filteredOn(FailStart.class::isInstance)
        .singleElement()
        .satisfies(
            e ->
                assertThat(((FailStart) e).error())
                    .isInstanceOf(ConnectionException.class)
                    .hasMessageContaining("away"));
  }

  @Test
  void stop_ofAReadySession_leavesThenShutsDown() {
    ready();
    assertThat(machine.on(new Stop()))
        .contains(new Arm(Timer.STOP, Duration.ofSeconds(10)), Plain.LEAVE);
    assertThat(machine.on(new ControlEnded(REVOKED))).isEmpty();
    assertThat(machine.on(new Drained())).contains(Plain.CLOSE_SESSION, Plain.SHUT_DOWN);
    assertThat(machine.state()).isEqualTo(SessionState.STOPPED);
  }

  @Test
  void stop_duringTheStart_failsTheStart() {
    machine.on(new Start());
    assertThat(machine.on(new Stop()))
        .filteredOn(FailStart.class::isInstance)
        .singleElement()
        .satisfies(e -> assertThat(((FailStart) e).error()).isInstanceOf(StateException.class));
  }

  @Test
  void jitter_isAtMostTwentyPercent() {
    Duration rung = Duration.ofSeconds(1);
    assertThat(ReconnectLadder.DEFAULT.pause(1, 0)).isEqualTo(rung.multipliedBy(8).dividedBy(10));
    assertThat(ReconnectLadder.DEFAULT.pause(1, 1)).isEqualTo(rung.multipliedBy(12).dividedBy(10));
  }

  private void ready() {
    machine.on(new Start());
    machine.on(provisioned());
    machine.on(new Bound());
    machine.on(welcomed());
    machine.on(new SnapshotArrived());
  }

  private Provisioned provisioned() {
    return new Provisioned(now.plus(Duration.ofHours(1)));
  }

  private static Welcomed welcomed() {
    return new Welcomed(new BridgeEvent.Connected("session", "id", "name", "1"));
  }

  private static Duration pauseOf(List<SessionEffect> effects) {
    return armOf(effects, Timer.BACKOFF);
  }

  private static Duration armOf(List<SessionEffect> effects, Timer timer) {
    return effects.stream()
        .filter(Arm.class::isInstance)
        .map(Arm.class::cast)
        .filter(arm -> arm.timer() == timer)
        .map(Arm::after)
        .findFirst()
        .orElseThrow();
  }

  private SessionMachine machine(int attempts) {
    SessionRules rules =
        new SessionRules(
            ReconnectLadder.DEFAULT,
            attempts,
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMinutes(30));
    return new SessionMachine(rules, () -> now, () -> 0.5);
  }
}
