package io.trestle.kernel.settings;

import java.time.Duration;
import java.util.List;

/**
 * One live setting: its name in {@code runtime_settings}, the type of its value, its default and
 * which texts are good. Immutable; a module declares its keys as constants and hands them to the
 * kernel.
 *
 * <p>Texts are strict: numbers are decimal digits, booleans {@code true} or {@code false}, lists
 * are separated by commas, an empty list is the empty text. Strings, lists and secrets hold at most
 * {@value #MAX_CHARACTERS} characters.
 *
 * @param <T> type of the value
 */
public final class SettingKey<T> {
  /** Longest text of a string, list or secret. */
  public static final int MAX_CHARACTERS = 4096;

  /** How the sentence of a key begins that nothing reads. */
  static final String NO_EFFECT = "No effect yet: ";

  private final String name;
  private final SettingType<T> type;
  private final String defaultText;
  private final boolean restart;
  private final String description;

  private SettingKey(
      String name, SettingType<T> type, String defaultText, boolean restart, String description) {
    this.name = name;
    this.type = type;
    this.defaultText = defaultText;
    this.restart = restart;
    this.description = description;
  }

  private static <T> SettingKey<T> of(String name, SettingType<T> type, String defaultText) {
    SettingKey<T> key = new SettingKey<>(name, type, defaultText, false, "");
    key.parse(defaultText);
    return key;
  }

  /** A whole number. */
  public static SettingKey<Integer> integer(String name, int defaultValue, int min, int max) {
    return of(name, SettingTypes.integer("int", min, max), Integer.toString(defaultValue));
  }

  /** A time in milliseconds. */
  public static SettingKey<Duration> millis(String name, long defaultMillis, long min, long max) {
    return of(name, SettingTypes.millis(min, max), Long.toString(defaultMillis));
  }

  /** A size in bytes. */
  public static SettingKey<Integer> bytes(String name, int defaultValue, int min, int max) {
    return of(name, SettingTypes.integer("bytes", min, max), Integer.toString(defaultValue));
  }

  /** A number of days. */
  public static SettingKey<Integer> days(String name, int defaultValue, int min, int max) {
    return of(name, SettingTypes.integer("days", min, max), Integer.toString(defaultValue));
  }

  /** {@code true} or {@code false}. */
  public static SettingKey<Boolean> bool(String name, boolean defaultValue) {
    return of(name, SettingTypes.bool(), Boolean.toString(defaultValue));
  }

  /** One constant of an enum, written in lower case. */
  public static <E extends Enum<E>> SettingKey<E> choice(String name, E defaultValue) {
    return of(
        name,
        SettingTypes.choice(defaultValue.getDeclaringClass()),
        SettingTypes.text(defaultValue));
  }

  /** Any text without control characters. */
  public static SettingKey<String> string(String name, String defaultValue) {
    return of(name, SettingTypes.string(), defaultValue);
  }

  /** An absolute http or https URL; empty = none. */
  public static SettingKey<String> url(String name, String defaultValue) {
    return of(name, SettingTypes.url(), defaultValue);
  }

  /** A text that is masked wherever it is shown; the default is empty. */
  public static SettingKey<String> secret(String name) {
    return of(name, SettingTypes.secret(), "");
  }

  /** Texts separated by commas, at least {@code minElements} of them. */
  public static SettingKey<List<String>> list(String name, String defaultText, int minElements) {
    return of(name, SettingTypes.list(minElements), defaultText);
  }

  /** Times in milliseconds separated by commas; the range holds for each. */
  public static SettingKey<List<Duration>> millisList(
      String name, String defaultText, long min, long max, int minElements, int maxElements) {
    return of(name, SettingTypes.millisList(min, max, minElements, maxElements), defaultText);
  }

  /** The same key, whose changes wait for a restart. */
  public SettingKey<T> needsRestart() {
    return new SettingKey<>(name, type, defaultText, true, description);
  }

  /** The same key with one sentence for people. */
  public SettingKey<T> about(String sentence) {
    return new SettingKey<>(name, type, defaultText, restart, sentence);
  }

  /** The same key, which is stored and checked, and which nothing of this version reads. */
  public SettingKey<T> withoutEffect() {
    return about(
        NO_EFFECT + Character.toLowerCase(description.charAt(0)) + description.substring(1));
  }

  /** Name in {@code runtime_settings}. */
  public String name() {
    return name;
  }

  /**
   * {@code int}, {@code ms}, {@code bytes}, {@code days}, {@code bool}, {@code enum}, {@code
   * string} and so on.
   */
  public String type() {
    return type.name();
  }

  /** Text of the default. */
  public String defaultText() {
    return defaultText;
  }

  /** Value of the default. */
  public T defaultValue() {
    return parse(defaultText);
  }

  /** Smallest value, of each element for lists; empty when there is none. */
  public String min() {
    return type.min();
  }

  /** Largest value, of each element for lists; empty when there is none. */
  public String max() {
    return type.max();
  }

  /** Which texts are good, in words: {@code 1 to 100}. */
  public String allowed() {
    return type.expected();
  }

  /** Whether a change waits for a restart. */
  public boolean restart() {
    return restart;
  }

  /** Whether the value is never shown. */
  public boolean secret() {
    return type.secret();
  }

  /** One sentence for people. */
  public String description() {
    return description;
  }

  /**
   * The value of a text.
   *
   * @throws IllegalArgumentException {@code key: text (expected: 1 to 100)}
   */
  public T parse(String text) {
    try {
      return type.parse(text);
    } catch (BadText e) {
      throw new IllegalArgumentException(
          "%s: %s (expected: %s)".formatted(name, shown(text), type.expected()), e);
    }
  }

  /** A text of this key as people may see it. */
  String masked(String text) {
    return secret() && !text.isEmpty() ? "****" : text;
  }

  private String shown(String text) {
    String clipped = text.length() > 80 ? text.substring(0, 80) + "..." : text;
    return masked(clipped.replaceAll("\\p{Cntrl}", "?"));
  }

  @Override
  public String toString() {
    return name;
  }
}
