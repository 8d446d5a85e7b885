package io.trestle.system.fleet;

import io.trestle.sdk.Transport;
import io.trestle.system.fleet.Journal.Call;
import io.trestle.system.fleet.Journal.Kind;
import io.trestle.system.fleet.Journal.Run;
import io.trestle.system.fleet.Journal.Trouble;
import java.util.ArrayList;
import java.util.List;

/** Says of each call whether what came of it may have come of it. */
final class Judge {
  private final Fleet fleet;
  private final Journal journal;
  private final List<String> faults = new ArrayList<>();
  private int forbidden;
  private int due;
  private int succeeded;

  Judge(Fleet fleet, Journal journal) {
    this.fleet = fleet;
    this.journal = journal;
  }

  List<String> judge() {
    journal.calls().forEach(this::judge);
    return faults;
  }

  /** Calls that no policy in force allowed. */
  int forbidden() {
    return forbidden;
  }

  /** Calls that had to succeed. */
  int due() {
    return due;
  }

  int succeeded() {
    return succeeded;
  }

  private void judge(Call call) {
    List<Run> runs = journal.runs(call.id());
    if (runs.size() > 1) {
      fault(call, runs, "ran more than once");
    }
    for (Run run : runs) {
      if (journal.isRevoked(run.node(), call.begin())) {
        fault(call, runs, "ran at a revoked instance");
      }
      if (!run.callerService().equals(fleet.id(call.route().caller().service()))) {
        fault(call, runs, "ran for somebody else");
      }
    }
    if (call.succeeded()) {
      succeeded++;
      if (runs.isEmpty()) {
        fault(call, runs, "succeeded without a handler");
      }
    }
    if (isForbidden(call, runs)) {
      forbidden++;
      if (!runs.isEmpty()) {
        fault(call, runs, "was forbidden all the time");
      }
    } else if (isDue(call)) {
      due++;
      if (!call.succeeded()) {
        fault(call, runs, "had to succeed");
      }
    }
  }

  private void fault(Call call, List<Run> runs, String what) {
    faults.add("%s %s, runs %s".formatted(call, what, runs));
  }

  /**
   * By every policy that may have been in force from its beginning until its handler ran, or
   * because the caller was revoked before.
   */
  private boolean isForbidden(Call call, List<Run> runs) {
    long end = runs.stream().mapToLong(Run::at).reduce(call.end(), Math::max);
    return journal.isRevoked(call.route().caller(), call.begin())
        || verdicts(call, end).stream().noneMatch(allowed -> allowed);
  }

  private List<Boolean> verdicts(Call call, long end) {
    Route route = call.route();
    int from = route.caller().service();
    int to = route.target();
    List<Boolean> verdicts = new ArrayList<>();
    for (Access caller : journal.possible(from, call.begin(), end)) {
      for (Access target : journal.possible(to, call.begin(), end)) {
        verdicts.add(Access.permits(caller, from, target, to, route.method()));
      }
    }
    return verdicts;
  }

  /**
   * Declared, allowed by the only policies in force, made by somebody and to somebody to whom
   * nothing happened. That others come and leave in peace is no excuse where the call may go
   * elsewhere: a stream goes to one instance only, and who calls directly knows of them no more
   * than the runtime has told.
   */
  private boolean isDue(Call call) {
    Route route = call.route();
    List<Boolean> verdicts = verdicts(call, call.end());
    boolean elsewhere = !route.streams() && route.transport() != Transport.DIRECT;
    return route.caller().declares(route.target(), route.method())
        && verdicts.equals(List.of(true))
        && journal.isStable(route.caller(), call.begin(), call.end())
        && fleet.hadStableNode(route.target(), call.begin(), call.end())
        && journal.troubles(route.target(), call.begin(), call.end()).stream()
            .map(Trouble::kind)
            .allMatch(kind -> elsewhere && (kind == Kind.START || kind == Kind.DRAIN));
  }
}
