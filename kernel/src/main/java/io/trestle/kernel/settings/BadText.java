package io.trestle.kernel.settings;

/** A text is no value of its type. Stackless: the key says what was expected. */
final class BadText extends Exception {
  BadText() {
    super(null, null, false, false);
  }
}
