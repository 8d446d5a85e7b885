package io.trestle.events;

import io.trestle.conversations.RuntimeFeature;
import io.trestle.conversations.Subscribers;
import io.trestle.kernel.Deployment;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.protocol.events.EventFeature;
import io.vertx.core.Future;
import io.vertx.ext.web.Router;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Wires durable events: the owner of the log, the four methods of {@code Events}, the admin
 * procedures, CloudEvents over HTTP.
 */
public final class EventsModule implements Module {
  private final Deployment deployment = new Deployment();
  private @Nullable EventsVerticle verticle;
  private @Nullable PullRoute fetching;

  @Override
  public String name() {
    return "events";
  }

  @Override
  public Set<String> requires() {
    return Set.of("registry");
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    EventsVerticle owner = new EventsVerticle(context);
    verticle = owner;
    EventEndpoints endpoints = new EventEndpoints(context.bus());
    context.gateway().method(endpoints.publish());
    context.gateway().method(endpoints.listDead());
    context.gateway().method(endpoints.replayDead());
    context.gateway().method(new SubscribeEndpoint(context).handler());
    EventProcedures.mount(context.web(), context.bus());
    PullRoute pulls = new PullRoute(context.vertx(), context.bus(), context.ids());
    fetching = pulls;
    context.web().mount("/events/*", http(context, pulls));
    return deployment
        .deploy(context.vertx(), owner)
        .onSuccess(
            v -> {
              context.contribute(Subscribers.Keeper.class, new Subscribers.Keeper(name()));
              for (EventFeature feature : EventFeature.values()) {
                context.contribute(RuntimeFeature.class, new RuntimeFeature(feature.text()));
              }
            });
  }

  private static Router http(ModuleContext context, PullRoute fetching) {
    CloudEventsRoute publishing =
        new CloudEventsRoute(context.vertx(), context.bus(), context.ids());
    Router router = Router.router(context.vertx());
    router
        .route()
        .handler(
            request -> {
              String path = request.normalizedPath();
              if (path.equals(PullRoute.PATH) || path.startsWith(PullRoute.PATH + "/")) {
                fetching.handle(request);
              } else {
                publishing.handle(request);
              }
            });
    return router;
  }

  @Override
  public Future<Void> drain() {
    EventsVerticle owner = verticle;
    PullRoute pulls = fetching;
    return owner == null || pulls == null
        ? Future.succeededFuture()
        : owner.drain().compose(v -> pulls.answered());
  }

  @Override
  public Future<Void> stop() {
    return deployment.undeploy();
  }
}
