package io.trestle.pki;

import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ServerControl;
import io.vertx.core.Future;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the registry: a control stream that is welcomed and stays open. What a module sees
 * of the house, tests see through it.
 */
final class Lobby implements Module {
  private final Set<UUID> sessions = ConcurrentHashMap.newKeySet();
  private volatile @Nullable ModuleContext house;

  @Override
  public String name() {
    return "lobby";
  }

  @Override
  public boolean hasMigrations() {
    return false;
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    house = context;
    context
        .gateway()
        .method(
            new MethodHandler.ServerStreaming<>(
                Methods.OPEN.path(), Access.SERVICE, 1024, OpenRequest.parser(), this::open));
    return Future.succeededFuture();
  }

  private void open(Call call, OpenRequest request, MethodHandler.Outbound<ServerControl> out) {
    UUID id = call.caller().instanceId();
    sessions.add(id);
    call.aborted().onComplete(over -> sessions.remove(id));
  }

  ModuleContext house() {
    ModuleContext seen = house;
    if (seen == null) {
      throw new IllegalStateException("the house was not started");
    }
    return seen;
  }

  /** Instances with an open session. */
  Set<UUID> sessions() {
    return sessions;
  }

  @Override
  public Future<Void> stop() {
    return Future.succeededFuture();
  }
}
