package io.trestle.system;

import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.settings.SettingKey;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A module as it is, that also lets a test see the house in which it was started. */
public record SpiedModule(Module real, Consumer<ModuleContext> spy) implements Module {
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
    spy.accept(context);
    return real.start(context);
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
