package io.trestle.sdk.internal.session;

import io.trestle.protocol.wire.Lane;
import io.trestle.sdk.internal.session.SessionEffect.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/** The timers of a session, at most one of a name; each ends as an event. On the lane. */
final class SessionTimers {
  private final Map<Timer, Lane.Timer> pending = new EnumMap<>(Timer.class);
  private final Lane lane;
  private final Consumer<SessionEvent> events;

  SessionTimers(Lane lane, Consumer<SessionEvent> events) {
    this.lane = lane;
    this.events = events;
  }

  void arm(Timer timer, Duration after) {
    disarm(timer);
    pending.put(timer, lane.schedule(after.toNanos(), () -> events.accept(elapsed(timer))));
  }

  void disarm(Timer timer) {
    Lane.Timer set = pending.remove(timer);
    if (set != null) {
      set.cancel();
    }
  }

  private static SessionEvent elapsed(Timer timer) {
    return switch (timer) {
      case START -> new SessionEvent.StartOverdue();
      case WELCOME -> new SessionEvent.WelcomeOverdue(SessionFailure.passing("no welcome in time"));
      case BACKOFF -> new SessionEvent.BackoffOver();
      case REGISTRY -> new SessionEvent.RegistryDue();
      case STOP -> new SessionEvent.StopOverdue();
    };
  }
}
