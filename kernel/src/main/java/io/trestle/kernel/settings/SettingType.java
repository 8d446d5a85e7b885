package io.trestle.kernel.settings;

/** How a text becomes a value, and which texts are good. */
interface SettingType<T> {
  /** As shown to operators: {@code ms}. */
  String name();

  /** Which texts are good, in words. */
  String expected();

  /** The value of a text. */
  T parse(String text) throws BadText;

  /** Smallest value; empty when there is none. */
  default String min() {
    return "";
  }

  /** Largest value; empty when there is none. */
  default String max() {
    return "";
  }

  /** Whether the value is never shown. */
  default boolean secret() {
    return false;
  }
}
