package io.trestle.cli;

/**
 * What the doctor found about one thing.
 *
 * @param subject what was looked at
 * @param good whether a kernel can start with it
 * @param message what was found
 * @param advice what to do; empty when it is good
 */
record Finding(String subject, boolean good, String message, String advice) {

  static Finding good(String subject, String message) {
    return new Finding(subject, true, message, "");
  }

  static Finding problem(String subject, String message, String advice) {
    return new Finding(subject, false, message, advice);
  }
}
