package io.trestle.sdk.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.internal.session.SessionEffect.Announce;
import io.trestle.sdk.internal.session.SessionEffect.FailStart;
import io.trestle.sdk.internal.session.SessionEffect.Plain;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SessionMachinePropertyTest {
  private static final SessionFailure PASSING = SessionFailure.passing("away");
  private static final SessionFailure TERMINAL =
      SessionFailure.of("control", CallStatus.of(StatusCode.UNAUTHENTICATED, "revoked"));

  @Property
  void anyHistory_keepsTheInvariants(@ForAll("histories") List<SessionEvent> history) {
    SessionRules rules =
        new SessionRules(
            ReconnectLadder.DEFAULT,
            4,
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMinutes(30));
    SessionMachine machine = new SessionMachine(rules, () -> Instant.EPOCH, () -> 0.5);
    int startTold = 0;
    int goodbyes = 0;
    boolean stopped = false;
    for (SessionEvent event : history) {
      SessionState before = machine.state();
      stopped |= event instanceof SessionEvent.Stop && before != SessionState.IDLE;
      for (SessionEffect effect : machine.on(event)) {
        startTold += effect == Plain.COMPLETE_START || effect instanceof FailStart ? 1 : 0;
        goodbyes += isGoodbye(effect) ? 1 : 0;
        assertThat(stopped && effect instanceof Announce).isFalse();
        assertThat(over(before) && opens(effect)).isFalse();
      }
      if (before == SessionState.STOPPED) {
        assertThat(machine.state()).isEqualTo(SessionState.STOPPED);
      }
    }
    assertThat(startTold).isLessThanOrEqualTo(1);
    assertThat(goodbyes).isLessThanOrEqualTo(1);
  }

  @Provide
  Arbitrary<List<SessionEvent>> histories() {
    return Arbitraries.of(
            List.<SessionEvent>of(
                new SessionEvent.Start(),
                new SessionEvent.Provisioned(Instant.EPOCH.plus(Duration.ofHours(1))),
                new SessionEvent.Provisioned(Instant.EPOCH),
                new SessionEvent.ProvisionFailed(PASSING),
                new SessionEvent.ProvisionFailed(TERMINAL),
                new SessionEvent.Bound(),
                new SessionEvent.BindFailed(TERMINAL),
                new SessionEvent.Welcomed(new BridgeEvent.Connected("s", "i", "n", "v")),
                new SessionEvent.WelcomeOverdue(PASSING),
                new SessionEvent.DrainAnnounced("deploy"),
                new SessionEvent.ControlEnded(PASSING),
                new SessionEvent.ControlEnded(TERMINAL),
                new SessionEvent.BackoffOver(),
                new SessionEvent.SnapshotArrived(),
                new SessionEvent.RegistryEnded(PASSING),
                new SessionEvent.RegistryEnded(TERMINAL),
                new SessionEvent.RegistryDue(),
                new SessionEvent.Redeclared(),
                new SessionEvent.Renewed(Instant.EPOCH.plus(Duration.ofHours(2))),
                new SessionEvent.RenewalRefused(TERMINAL),
                new SessionEvent.PolicyViolated(TERMINAL),
                new SessionEvent.StartOverdue(),
                new SessionEvent.Stop(),
                new SessionEvent.Drained(),
                new SessionEvent.StopOverdue()))
        .list()
        .ofMaxSize(60);
  }

  private static boolean isGoodbye(SessionEffect effect) {
    return effect instanceof Announce announce
        && announce.event() instanceof BridgeEvent.Disconnected;
  }

  private static boolean over(SessionState state) {
    return state == SessionState.STOPPED
        || state == SessionState.FAILED
        || state == SessionState.STOPPING;
  }

  private static boolean opens(SessionEffect effect) {
    return effect == Plain.PROVISION
        || effect == Plain.OPEN_CONTROL
        || effect == Plain.OPEN_REGISTRY;
  }
}
