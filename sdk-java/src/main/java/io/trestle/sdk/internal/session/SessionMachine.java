package io.trestle.sdk.internal.session;

import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.internal.session.SessionEffect.Announce;
import io.trestle.sdk.internal.session.SessionEffect.Arm;
import io.trestle.sdk.internal.session.SessionEffect.Disarm;
import io.trestle.sdk.internal.session.SessionEffect.FailStart;
import io.trestle.sdk.internal.session.SessionEffect.Plain;
import io.trestle.sdk.internal.session.SessionEffect.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of a session as a pure machine: events in, effects out (wire.md 4.1, 4.5, 4.9).
 *
 * <p>What happens in which state is one table, {@link SessionTable}; a test draws it into the
 * documentation. Here are the few facts that the guards of the table look at, and the steps it is
 * made of. The facts: how many attempts followed the last welcome (they climb the ladder), how many
 * of them failed (they are counted against the limit; the loss of a session is no failure), how
 * often the registry stream broke since its last snapshot, when the leaf ends, whether the start
 * has been told to the application.
 *
 * <p>Invariants, held by a property test: after {@code STOPPED} and {@code FAILED} no stream is
 * opened; the start is told exactly once; listeners hear {@code Disconnected} at most once, and
 * nothing after {@code Stop}. Events that a state does not expect are ignored: the streams they
 * come from are cancelled silently, but a race of two ends must not matter.
 */
final class SessionMachine {
  private final SessionRules rules;
  private final InstantSource clock;
  private final DoubleSupplier random;

  private SessionState state = SessionState.IDLE;
  private int attempt;
  private int failures;
  private int registryFailures;
  private boolean bound;
  private boolean startTold;
  private Instant leafEnd = Instant.MIN;
  private @Nullable SessionFailure lastFailure;

  SessionMachine(SessionRules rules, InstantSource clock, DoubleSupplier random) {
    this.rules = rules;
    this.clock = clock;
    this.random = random;
  }

  SessionState state() {
    return state;
  }

  /** Takes an event; returns what is to be done, in order. */
  List<SessionEffect> on(SessionEvent event) {
    for (SessionTable.Row row : SessionTable.rows(state, event.getClass())) {
      if (row.guard().holds(this, event)) {
        List<SessionEffect> effects = new ArrayList<>();
        for (Step step : row.steps()) {
          step.take(this, event, effects);
        }
        state = row.next();
        return effects;
      }
    }
    return List.of();
  }

  /** Conditions of the table. */
  enum Guard {
    /** In any case. */
    ALWAYS {
      @Override
      boolean holds(SessionMachine machine, SessionEvent event) {
        return true;
      }
    },
    /** No retry can heal it. */
    TERMINAL {
      @Override
      boolean holds(SessionMachine machine, SessionEvent event) {
        return ((SessionEvent.Failing) event).failure().terminal();
      }
    },
    /** It is final, or the last attempt that was allowed. */
    NO_MORE {
      @Override
      boolean holds(SessionMachine machine, SessionEvent event) {
        int limit = machine.rules.attempts();
        return TERMINAL.holds(machine, event) || (limit > 0 && machine.failures + 1 >= limit);
      }
    },
    /** The leaf lasts long enough for another session. */
    LEAF_FRESH {
      @Override
      boolean holds(SessionMachine machine, SessionEvent event) {
        Duration left = Duration.between(machine.clock.instant(), machine.leafEnd);
        return left.compareTo(machine.rules.leafLead()) > 0;
      }
    },
    /** The Call server is bound already. */
    BOUND {
      @Override
      boolean holds(SessionMachine machine, SessionEvent event) {
        return machine.bound;
      }
    };

    abstract boolean holds(SessionMachine machine, SessionEvent event);
  }

  /** Steps of the table. */
  enum Step {
    /** Bound the start. */
    ARM_START {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        effects.add(new Arm(Timer.START, machine.rules.startTimeout()));
      }
    },
    /** Get a leaf. */
    PROVISION {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        effects.add(Plain.PROVISION);
      }
    },
    /** Remember how long the leaf lasts. */
    KEEP_LEAF {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.leafEnd =
            event instanceof SessionEvent.Provisioned provisioned
                ? provisioned.notAfter()
                : ((SessionEvent.Renewed) event).notAfter();
      }
    },
    /** Bind the Call server. */
    BIND {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        effects.add(Plain.BIND);
      }
    },
    /** Remember that it is bound. */
    KEEP_BOUND {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.bound = true;
      }
    },
    /** Open the control stream and wait for the welcome. */
    OPEN_CONTROL {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        effects.add(new Arm(Timer.WELCOME, machine.rules.welcomeTimeout()));
        effects.add(Plain.OPEN_CONTROL);
      }
    },
    /** Begin at the first rung again, tell listeners, plan the renewal. */
    GREET {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.attempt = 0;
        machine.failures = 0;
        machine.registryFailures = 0;
        effects.add(new Disarm(Timer.WELCOME));
        effects.add(new Announce(((SessionEvent.Welcomed) event).welcome()));
        effects.add(Plain.PLAN_RENEWAL);
      }
    },
    /** Open the registry stream, or replace it. */
    REGISTER {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        effects.add(new Disarm(Timer.REGISTRY));
        effects.add(Plain.OPEN_REGISTRY);
      }
    },
    /** The registry works: its ladder begins anew; the start has succeeded. */
    BE_READY {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.registryFailures = 0;
        if (!machine.startTold) {
          machine.startTold = true;
          effects.add(new Disarm(Timer.START));
          effects.add(Plain.COMPLETE_START);
        }
      }
    },
    /** Open the registry stream again after a pause of its own ladder. */
    RETRY_REGISTRY {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.registryFailures++;
        double random = machine.random.getAsDouble();
        Duration pause = machine.rules.ladder().pause(machine.registryFailures, random);
        effects.add(new Arm(Timer.REGISTRY, pause));
      }
    },
    /** Tell listeners that the runtime goes. */
    SAY_DRAINING {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        String reason = ((SessionEvent.DrainAnnounced) event).reason();
        effects.add(new Announce(new BridgeEvent.Draining(reason)));
      }
    },
    /** Count an attempt that did not lead to a welcome. */
    COUNT_FAILURE {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.failures++;
      }
    },
    /** End what is left of the session, tell listeners, wait. */
    BACK_OFF {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        SessionFailure failure = ((SessionEvent.Failing) event).failure();
        machine.lastFailure = failure;
        machine.attempt++;
        double random = machine.random.getAsDouble();
        Duration pause = machine.rules.ladder().pause(machine.attempt, random);
        effects.add(Plain.CLOSE_SESSION);
        effects.add(
            new Announce(new BridgeEvent.Reconnecting(machine.attempt, pause, failure.reason())));
        effects.add(new Arm(Timer.BACKOFF, pause));
      }
    },
    /** The verdict: end everything, tell listeners and the start. */
    FAIL {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.fail(((SessionEvent.Failing) event).failure(), effects);
      }
    },
    /** The same when the start took too long. */
    FAIL_LATE {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        machine.fail(machine.overdue(), effects);
      }
    },
    /** Bound the stop, and leave. A start that waits is told so. */
    LEAVE {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        effects.add(new Disarm(Timer.START));
        machine.tellStart(new StateException("stopped before it was ready"), effects);
        effects.add(new Arm(Timer.STOP, machine.rules.stopTimeout()));
        effects.add(Plain.LEAVE);
      }
    },
    /** Close everything. */
    SHUT_DOWN {
      @Override
      void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects) {
        effects.add(new Disarm(Timer.STOP));
        effects.add(Plain.CLOSE_SESSION);
        effects.add(Plain.SHUT_DOWN);
      }
    };

    abstract void take(SessionMachine machine, SessionEvent event, List<SessionEffect> effects);
  }

  private void fail(SessionFailure failure, List<SessionEffect> effects) {
    effects.add(new Disarm(Timer.START));
    effects.add(Plain.CLOSE_SESSION);
    effects.add(new Announce(new BridgeEvent.Disconnected(failure.reason(), failure.error())));
    tellStart(failure.error(), effects);
    effects.add(Plain.CLOSE);
  }

  private void tellStart(ServiceBridgeException error, List<SessionEffect> effects) {
    if (!startTold) {
      startTold = true;
      effects.add(new FailStart(error));
    }
  }

  private SessionFailure overdue() {
    SessionFailure last = lastFailure;
    String why = last == null ? "" : "; last failure: " + last.reason();
    int grpcCode =
        last != null && last.error() instanceof ConnectionException e ? e.grpcCode() : -1;
    String text = "not ready within " + rules.startTimeout() + why;
    return SessionFailure.fatal(
        new ConnectionException(text, grpcCode, last == null ? null : last.error()));
  }
}
