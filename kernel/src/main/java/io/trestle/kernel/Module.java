package io.trestle.kernel;

import io.trestle.kernel.settings.SettingKey;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;

/**
 * One capability of the house. Found by {@link java.util.ServiceLoader}, enabled in the
 * configuration, started in dependency order and stopped in reverse.
 *
 * <p>Migrations are read from the class path folder {@code db/<name>/}, and run with the settings
 * of every module on the class path, enabled or not, so that a database fits every configuration. A
 * failed start stops what was started and names the module and the reason.
 */
public interface Module {
  /** Lower-case name, as in {@code modules:} of the configuration. */
  String name();

  /** Names of the modules that must have started before this one. */
  default Set<String> requires() {
    return Set.of();
  }

  /** Settings that this module declares besides those of the kernel's catalog. */
  default List<SettingKey<?>> settings() {
    return List.of();
  }

  /** The record that {@code modules.<name>} of the configuration is mapped to. */
  default Class<? extends Record> configType() {
    return NoConfig.class;
  }

  /** Whether {@code db/<name>/} holds migrations of this module. */
  default boolean hasMigrations() {
    return true;
  }

  /** Deploys verticles, mounts endpoints, answers conversations. Completes when ready to serve. */
  Future<Void> start(ModuleContext context);

  /**
   * Shutdown begins: new work is refused already (the gateway sees to that), the port is still
   * open. Tells clients, ends what is idle, and completes when the running work is over. The kernel
   * waits for at most the shutdown time.
   */
  default Future<Void> drain() {
    return Future.succeededFuture();
  }

  /** Releases everything. Called once, after a failed start too. */
  Future<Void> stop();

  /** Configuration of a module that has none. */
  record NoConfig() {}
}
