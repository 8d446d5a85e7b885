package io.trestle.registry.core;

import java.util.List;

/**
 * Faults as the text of a status. A status travels in headers, which are bounded: a client that
 * cannot read it would retry for ever what no retry heals.
 */
public final class FaultText {
  static final int MAX_FAULTS = 10;
  static final int MAX_FAULT_LENGTH = 300;

  private FaultText() {}

  /** The first faults, each cut to a bearable length, and how many there are besides. */
  public static String of(List<String> faults) {
    StringBuilder text = new StringBuilder();
    for (String fault : faults.subList(0, Math.min(MAX_FAULTS, faults.size()))) {
      text.append(text.isEmpty() ? "" : "; ").append(cut(fault));
    }
    int more = faults.size() - MAX_FAULTS;
    return more > 0 ? text + "; and " + more + " more" : text.toString();
  }

  private static String cut(String fault) {
    return fault.length() <= MAX_FAULT_LENGTH
        ? fault
        : fault.substring(0, MAX_FAULT_LENGTH / 2)
            + "…"
            + fault.substring(fault.length() - MAX_FAULT_LENGTH / 2);
  }
}
