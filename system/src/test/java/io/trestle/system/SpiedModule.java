package io.trestle.system;

import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.settings.SettingKey;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A module as it is, in a house through which a test sees. */
public record SpiedModule(Module real, UnaryOperator<ModuleContext> glass) implements Module {
  /** Lets a test see the house in which it was started. */
  public static SpiedModule seen(Module real, Consumer<ModuleContext> spy) {
    return new SpiedModule(
        real,
        house -> {
          spy.accept(house);
          return house;
        });
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public Set<String> requires() {
    return real.requires();
  }

  @Override
  public List<SettingKey<?>> settings() {
    return real.settings();
  }

  @Override
  public Class<? extends Record> configType() {
    return real.configType();
  }

  @Override
  public boolean hasMigrations() {
    return real.hasMigrations();
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    return real.start(glass.apply(context));
  }

  @Override
  public Future<Void> drain() {
    return real.drain();
  }

  @Override
  public Future<Void> stop() {
    return real.stop();
  }
}
