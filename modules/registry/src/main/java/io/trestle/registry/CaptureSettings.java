package io.trestle.registry;

import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.kernel.settings.EventSettings;
import io.trestle.kernel.settings.IdentitySettings;
import io.trestle.kernel.settings.RpcSettings;
import io.trestle.kernel.settings.RpcSettings.Capture;
import io.trestle.kernel.settings.SettingKey;
import io.trestle.kernel.settings.Settings;
import io.trestle.kernel.settings.TelemetrySettings;
import io.trestle.kernel.settings.WorkflowSettings;
import java.util.List;
import java.util.function.Consumer;

/**
 * The settings that travel to SDKs with every frame: what they capture, and whether they report at
 * all.
 */
final class CaptureSettings {
  static final SettingKey<Integer> RETENTION_DAYS = IdentitySettings.GC_RETENTION;

  private static final List<SettingKey<Capture>> CHANNELS =
      List.of(
          RpcSettings.RPC_CAPTURE,
          RpcSettings.HTTP_CAPTURE,
          EventSettings.CAPTURE,
          WorkflowSettings.CAPTURE);

  private final Settings settings;

  CaptureSettings(Settings settings) {
    this.settings = settings;
  }

  CaptureModes current() {
    return new CaptureModes(
        number(RpcSettings.RPC_CAPTURE),
        number(RpcSettings.HTTP_CAPTURE),
        number(EventSettings.CAPTURE),
        number(WorkflowSettings.CAPTURE),
        settings.get(TelemetrySettings.ENABLED),
        settings.get(TelemetrySettings.PAYLOAD_MAX_BYTES));
  }

  /** Calls the listener with the whole set after each change of one of them. */
  void onChange(Consumer<CaptureModes> listener) {
    CHANNELS.forEach(key -> settings.onChange(key, v -> listener.accept(current())));
    settings.onChange(TelemetrySettings.ENABLED, v -> listener.accept(current()));
    settings.onChange(TelemetrySettings.PAYLOAD_MAX_BYTES, v -> listener.accept(current()));
  }

  /** Numbers of {@code CaptureMode}. */
  private int number(SettingKey<Capture> key) {
    return switch (settings.get(key)) {
      case ALL -> 1;
      case ERRORS -> 2;
      case NONE -> 3;
    };
  }
}
