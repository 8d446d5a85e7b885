package io.trestle.benchmarks.worker;

import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** A module that only gets hold of the house, for roles that work inside a kernel. */
final class Inside implements Module {
  private @Nullable ModuleContext house;

  @Override
  public String name() {
    return "bench";
  }

  @Override
  public boolean hasMigrations() {
    return false;
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    house = context;
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> stop() {
    return Future.succeededFuture();
  }

  ModuleContext house() {
    ModuleContext context = house;
    if (context == null) {
      throw new IllegalStateException("the kernel does not run");
    }
    return context;
  }
}
