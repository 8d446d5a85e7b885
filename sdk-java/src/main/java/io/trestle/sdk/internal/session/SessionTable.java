package io.trestle.sdk.internal.session;

import static io.trestle.sdk.internal.session.SessionMachine.Guard.ALWAYS;
import static io.trestle.sdk.internal.session.SessionMachine.Guard.BOUND;
import static io.trestle.sdk.internal.session.SessionMachine.Guard.LEAF_FRESH;
import static io.trestle.sdk.internal.session.SessionMachine.Guard.NO_MORE;
import static io.trestle.sdk.internal.session.SessionMachine.Guard.TERMINAL;
import static io.trestle.sdk.internal.session.SessionMachine.Step.ARM_START;
import static io.trestle.sdk.internal.session.SessionMachine.Step.BACK_OFF;
import static io.trestle.sdk.internal.session.SessionMachine.Step.BE_READY;
import static io.trestle.sdk.internal.session.SessionMachine.Step.BIND;
import static io.trestle.sdk.internal.session.SessionMachine.Step.COUNT_FAILURE;
import static io.trestle.sdk.internal.session.SessionMachine.Step.FAIL;
import static io.trestle.sdk.internal.session.SessionMachine.Step.FAIL_LATE;
import static io.trestle.sdk.internal.session.SessionMachine.Step.GREET;
import static io.trestle.sdk.internal.session.SessionMachine.Step.KEEP_BOUND;
import static io.trestle.sdk.internal.session.SessionMachine.Step.KEEP_LEAF;
import static io.trestle.sdk.internal.session.SessionMachine.Step.LEAVE;
import static io.trestle.sdk.internal.session.SessionMachine.Step.OPEN_CONTROL;
import static io.trestle.sdk.internal.session.SessionMachine.Step.PROVISION;
import static io.trestle.sdk.internal.session.SessionMachine.Step.REGISTER;
import static io.trestle.sdk.internal.session.SessionMachine.Step.RETRY_REGISTRY;
import static io.trestle.sdk.internal.session.SessionMachine.Step.SAY_DRAINING;
import static io.trestle.sdk.internal.session.SessionMachine.Step.SHUT_DOWN;
import static io.trestle.sdk.internal.session.SessionState.BACKOFF;
import static io.trestle.sdk.internal.session.SessionState.BINDING;
import static io.trestle.sdk.internal.session.SessionState.CONNECTING;
import static io.trestle.sdk.internal.session.SessionState.DRAINING;
import static io.trestle.sdk.internal.session.SessionState.FAILED;
import static io.trestle.sdk.internal.session.SessionState.IDLE;
import static io.trestle.sdk.internal.session.SessionState.PROVISIONING;
import static io.trestle.sdk.internal.session.SessionState.READY;
import static io.trestle.sdk.internal.session.SessionState.STOPPED;
import static io.trestle.sdk.internal.session.SessionState.STOPPING;
import static io.trestle.sdk.internal.session.SessionState.WELCOMED;

import io.trestle.sdk.internal.session.SessionEvent.BackoffOver;
import io.trestle.sdk.internal.session.SessionEvent.BindFailed;
import io.trestle.sdk.internal.session.SessionEvent.Bound;
import io.trestle.sdk.internal.session.SessionEvent.ControlEnded;
import io.trestle.sdk.internal.session.SessionEvent.DrainAnnounced;
import io.trestle.sdk.internal.session.SessionEvent.Drained;
import io.trestle.sdk.internal.session.SessionEvent.PolicyViolated;
import io.trestle.sdk.internal.session.SessionEvent.ProvisionFailed;
import io.trestle.sdk.internal.session.SessionEvent.Provisioned;
import io.trestle.sdk.internal.session.SessionEvent.Redeclared;
import io.trestle.sdk.internal.session.SessionEvent.RegistryDue;
import io.trestle.sdk.internal.session.SessionEvent.RegistryEnded;
import io.trestle.sdk.internal.session.SessionEvent.RenewalRefused;
import io.trestle.sdk.internal.session.SessionEvent.Renewed;
import io.trestle.sdk.internal.session.SessionEvent.SnapshotArrived;
import io.trestle.sdk.internal.session.SessionEvent.Start;
import io.trestle.sdk.internal.session.SessionEvent.StartOverdue;
import io.trestle.sdk.internal.session.SessionEvent.Stop;
import io.trestle.sdk.internal.session.SessionEvent.StopOverdue;
import io.trestle.sdk.internal.session.SessionEvent.WelcomeOverdue;
import io.trestle.sdk.internal.session.SessionEvent.Welcomed;
import io.trestle.sdk.internal.session.SessionMachine.Guard;
import io.trestle.sdk.internal.session.SessionMachine.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The life of a session as one table. Of the rows for a state and an event the first counts. */
final class SessionTable {
  private static final List<Row> ROWS = new ArrayList<>();
  private static final Map<SessionState, Map<Class<?>, List<Row>>> INDEX = new HashMap<>();

  private SessionTable() {}

  /** One row. */
  record Row(
      SessionState state,
      Class<? extends SessionEvent> event,
      Guard guard,
      SessionState next,
      List<Step> steps) {}

  static {
    row(IDLE, Start.class, ALWAYS, PROVISIONING, ARM_START, PROVISION);
    row(IDLE, Stop.class, ALWAYS, STOPPED, SHUT_DOWN);

    row(PROVISIONING, Provisioned.class, BOUND, CONNECTING, KEEP_LEAF, OPEN_CONTROL);
    row(PROVISIONING, Provisioned.class, ALWAYS, BINDING, KEEP_LEAF, BIND);
    row(PROVISIONING, ProvisionFailed.class, NO_MORE, FAILED, FAIL);
    row(PROVISIONING, ProvisionFailed.class, ALWAYS, BACKOFF, COUNT_FAILURE, BACK_OFF);

    row(BINDING, Bound.class, ALWAYS, CONNECTING, KEEP_BOUND, OPEN_CONTROL);
    row(BINDING, BindFailed.class, ALWAYS, FAILED, FAIL);

    row(CONNECTING, Welcomed.class, ALWAYS, WELCOMED, GREET, REGISTER);
    row(CONNECTING, ControlEnded.class, NO_MORE, FAILED, FAIL);
    row(CONNECTING, ControlEnded.class, ALWAYS, BACKOFF, COUNT_FAILURE, BACK_OFF);
    row(CONNECTING, WelcomeOverdue.class, NO_MORE, FAILED, FAIL);
    row(CONNECTING, WelcomeOverdue.class, ALWAYS, BACKOFF, COUNT_FAILURE, BACK_OFF);

    row(WELCOMED, SnapshotArrived.class, ALWAYS, READY, BE_READY);
    row(READY, SnapshotArrived.class, ALWAYS, READY, BE_READY);
    row(DRAINING, SnapshotArrived.class, ALWAYS, DRAINING, BE_READY);

    row(WELCOMED, DrainAnnounced.class, ALWAYS, DRAINING, SAY_DRAINING);
    row(READY, DrainAnnounced.class, ALWAYS, DRAINING, SAY_DRAINING);

    for (SessionState live : List.of(WELCOMED, READY, DRAINING)) {
      row(live, RegistryEnded.class, TERMINAL, FAILED, FAIL);
      row(live, RegistryEnded.class, ALWAYS, live, RETRY_REGISTRY);
      row(live, RegistryDue.class, ALWAYS, live, REGISTER);
      row(live, Redeclared.class, ALWAYS, live, REGISTER);
      row(live, ControlEnded.class, TERMINAL, FAILED, FAIL);
      row(live, ControlEnded.class, ALWAYS, BACKOFF, BACK_OFF);
      row(live, Renewed.class, ALWAYS, live, KEEP_LEAF);
      row(live, RenewalRefused.class, ALWAYS, FAILED, FAIL);
      row(live, PolicyViolated.class, ALWAYS, FAILED, FAIL);
    }

    row(BACKOFF, BackoffOver.class, LEAF_FRESH, CONNECTING, OPEN_CONTROL);
    row(BACKOFF, BackoffOver.class, ALWAYS, PROVISIONING, PROVISION);

    for (SessionState s : List.of(PROVISIONING, BINDING, CONNECTING, WELCOMED, DRAINING, BACKOFF)) {
      row(s, StartOverdue.class, ALWAYS, FAILED, FAIL_LATE);
    }
    for (SessionState s :
        List.of(PROVISIONING, BINDING, CONNECTING, WELCOMED, READY, DRAINING, BACKOFF)) {
      row(s, Stop.class, ALWAYS, STOPPING, LEAVE);
    }

    row(STOPPING, Drained.class, ALWAYS, STOPPED, SHUT_DOWN);
    row(STOPPING, StopOverdue.class, ALWAYS, STOPPED, SHUT_DOWN);
    row(FAILED, Stop.class, ALWAYS, STOPPED, SHUT_DOWN);
  }

  static List<Row> rows() {
    return List.copyOf(ROWS);
  }

  static List<Row> rows(SessionState state, Class<?> event) {
    return INDEX.getOrDefault(state, Map.of()).getOrDefault(event, List.of());
  }

  private static void row(
      SessionState state,
      Class<? extends SessionEvent> event,
      Guard guard,
      SessionState next,
      Step... steps) {
    Row row = new Row(state, event, guard, next, List.of(steps));
    ROWS.add(row);
    INDEX
        .computeIfAbsent(state, s -> new HashMap<>())
        .computeIfAbsent(event, e -> new ArrayList<>())
        .add(row);
  }
}
