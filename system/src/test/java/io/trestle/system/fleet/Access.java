package io.trestle.system.fleet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * The policy of one service as the model has it (rpc.md 2.2). Services are numbers here.
 *
 * @param calls the flag {@code rpc.call}
 * @param handles the flag {@code rpc.handle}
 * @param handlesElse the flags of all else that is handled; without any, none is named on the wire
 * @param egress whom it may call; empty = anybody
 * @param acceptance who may call it; empty = anybody
 */
record Access(
    boolean calls,
    boolean handles,
    boolean handlesElse,
    List<Grant> egress,
    List<Grant> acceptance) {
  static final Access OPEN = new Access(true, true, true, List.of(), List.of());
  static final int ANY = -1;
  private static final int MAX_GRANTS = 3;

  /** One rule: a peer or {@link #ANY}, a method or {@code *}. */
  record Grant(int peer, String method) {
    boolean matches(int otherPeer, String otherMethod) {
      return (peer == ANY || peer == otherPeer)
          && (method.equals("*") || method.equals(otherMethod));
    }
  }

  /** Whether a call may reach a handler, whichever way it goes. */
  static boolean permits(Access caller, int callerIs, Access target, int targetIs, String method) {
    return caller.calls
        && target.handles
        && covers(caller.egress, targetIs, method)
        && covers(target.acceptance, callerIs, method);
  }

  private static boolean covers(List<Grant> list, int peer, String method) {
    return list.isEmpty() || list.stream().anyMatch(grant -> grant.matches(peer, method));
  }

  /** Whether the service sees a method of a peer (rpc.md 1.3 rule 5). */
  boolean shows(int peer, String method) {
    return egress.isEmpty()
        || egress.stream().anyMatch(grant -> grant.peer == ANY || grant.matches(peer, method));
  }

  /** Something that forbids about half of what could be called. */
  static Access random(Random random, int services, List<String> methods) {
    return new Access(
        random.nextInt(10) > 0,
        random.nextInt(8) > 0,
        random.nextInt(4) > 0,
        grants(random, services, methods),
        grants(random, services, methods));
  }

  private static List<Grant> grants(Random random, int services, List<String> methods) {
    List<Grant> grants = new ArrayList<>();
    int count = random.nextBoolean() ? 0 : 1 + random.nextInt(MAX_GRANTS);
    for (int i = 0; i < count; i++) {
      int peer = random.nextInt(5) == 0 ? ANY : random.nextInt(services);
      String method = random.nextInt(3) == 0 ? "*" : methods.get(random.nextInt(methods.size()));
      grants.add(new Grant(peer, method));
    }
    return grants.stream().distinct().sorted(Comparator.comparing(Grant::toString)).toList();
  }
}
