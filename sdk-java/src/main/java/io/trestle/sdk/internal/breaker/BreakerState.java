package io.trestle.sdk.internal.breaker;

/** Where a breaker stands. To people {@link #PROBING} is half-open too. */
public enum BreakerState {
  /** Calls go to the instance; their outcomes are counted. */
  CLOSED("calls go to the instance"),
  /** Most of the last calls failed: the instance is left alone for 30 s. */
  OPEN("the instance is skipped"),
  /** The pause is over: the next call that chooses the instance tries it. */
  HALF_OPEN("half-open: one call may try the instance"),
  /** One call is trying it; its outcome decides. */
  PROBING("half-open: one call is trying the instance, the others skip it");

  private final String meaning;

  BreakerState(String meaning) {
    this.meaning = meaning;
  }

  String meaning() {
    return meaning;
  }
}
