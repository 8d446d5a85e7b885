package io.trestle.traces;

import io.trestle.kernel.Deployment;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.vertx.core.Future;
import java.util.Set;

/**
 * Wires the streams of traces: their owner, the two methods of {@code TraceStreams}, the twin for
 * operators over HTTP.
 */
public final class TracesModule implements Module {
  private final Deployment deployment = new Deployment();

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
    TraceEndpoints endpoints = new TraceEndpoints(context);
    context.gateway().method(endpoints.append());
    context.gateway().method(endpoints.watch());
    context.web().operators("/api/trace-streams/*", SseRoute.router(context));
    return deployment.deploy(context.vertx(), new TracesVerticle(context));
  }

  @Override
  public Future<Void> stop() {
    return deployment.undeploy();
  }
}
