package io.trestle.kernel.pipeline;

/** What a write does when an earlier write of its order key failed while this one was waiting. */
public enum AfterFailure {
  /** It is written all the same. */
  PROCEED,
  /** It fails with {@link WriteFailure.Code#PREDECESSOR_FAILED}. */
  FAIL
}
