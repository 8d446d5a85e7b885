package io.trestle.kernel.settings;

/**
 * One setting as an operator sees it.
 *
 * @param key name
 * @param value stored text; {@code ****} for a secret that is set
 * @param type {@code int}, {@code ms}, {@code bool}, {@code enum}, {@code list}, {@code string},
 *     {@code url}, ...
 * @param defaultValue text of the default
 * @param min smallest value, empty when there is none
 * @param max largest value, empty when there is none
 * @param restart whether a change waits for a restart
 * @param restartPending whether the stored value differs from the one in force because of that
 * @param unknown whether no module declares it
 * @param inForce text of the value in force; differs from {@code value} when that is bad,
 *     overridden or pending
 * @param overridden whether this process was started with a value of its own ({@code --set})
 * @param allowed which values are good, in words
 */
public record SettingView(
    String key,
    String value,
    String type,
    String defaultValue,
    String min,
    String max,
    boolean restart,
    boolean restartPending,
    boolean unknown,
    String inForce,
    boolean overridden,
    String allowed) {

  /** A row of the table that no module declares. */
  static SettingView unknown(String key, String value) {
    return new SettingView(key, value, "string", "", "", "", false, false, true, "", false, "");
  }
}
