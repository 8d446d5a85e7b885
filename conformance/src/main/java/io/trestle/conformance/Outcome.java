package io.trestle.conformance;

import java.util.List;

/**
 * What came of one step.
 *
 * @param caller the language that called
 * @param callee the language that was called
 * @param problems what was not as expected; none if it passed
 */
public record Outcome(
    String caller,
    String callee,
    String scenario,
    String step,
    String transport,
    List<String> problems) {

  /** Whether everything was as expected. */
  public boolean passed() {
    return problems.isEmpty();
  }

  @Override
  public String toString() {
    return "%s %s -> %s: %s: %s (%s)%s"
        .formatted(
            passed() ? "ok  " : "FAIL",
            caller,
            callee,
            scenario,
            step,
            transport,
            passed() ? "" : "\n       " + String.join("\n       ", problems));
  }
}
