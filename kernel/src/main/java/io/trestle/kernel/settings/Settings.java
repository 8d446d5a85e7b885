package io.trestle.kernel.settings;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.Consumer;

/**
 * The live settings. Reads are memory reads from any thread. A change by SQL or by the API is seen
 * within a second; a lost notification within 30 s. A bad value is ignored with a warning and the
 * last good one stays.
 */
public interface Settings {
  /** The value in force. A key that needs a restart keeps the value of the start. */
  <T> T get(SettingKey<T> key);

  /** Calls the listener with each new value of a live key, on a kernel event loop. */
  <T> Subscription onChange(SettingKey<T> key, Consumer<T> listener);

  /** Every known key, then the unknown ones of the table; secrets masked. */
  List<SettingView> list();

  /** One key; fails with {@code Refused} INVALID for an unknown one. */
  SettingView view(String key);

  /**
   * Checks and stores one value; completes after the commit with the view and whether a restart is
   * needed.
   */
  Future<SettingView> update(String key, String value);

  /** Ends a subscription. */
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
