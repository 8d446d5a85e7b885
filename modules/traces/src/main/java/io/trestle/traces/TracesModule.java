package io.trestle.traces;

import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.vertx.core.Future;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Wires the streams of traces: their owner, the two methods of {@code TraceStreams}, the twin for
 * operators over HTTP.
 */
public final class TracesModule implements Module {
  private @Nullable ModuleContext house;
  private @Nullable String deployment;

  @Override
  public String name() {
    return "traces";
  }

  @Override
  public Set<String> requires() {
    return Set.of("pki");
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    house = context;
    TraceEndpoints endpoints = new TraceEndpoints(context);
    context.gateway().method(endpoints.append());
    context.gateway().method(endpoints.watch());
    context.web().operators("/api/trace-streams/*", SseRoute.router(context));
    return context
        .vertx()
        .deployVerticle(new TracesVerticle(context))
        .onSuccess(id -> deployment = id)
        .mapEmpty();
  }

  @Override
  public Future<Void> stop() {
    return house == null || deployment == null
        ? Future.succeededFuture()
        : house.vertx().undeploy(deployment);
  }
}
