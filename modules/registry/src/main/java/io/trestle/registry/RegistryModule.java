package io.trestle.registry;

import io.trestle.conversations.DeclarationCheck;
import io.trestle.conversations.RuntimeFeature;
import io.trestle.conversations.Sessions;
import io.trestle.kernel.Deployment;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.web.Web;
import io.trestle.registry.core.DeclarationRules;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Wires the registry: its verticle, its two streams, its checks of declarations, its admin
 * procedures.
 */
public final class RegistryModule implements Module {
  private final Deployment deployment = new Deployment();
  private @Nullable RegistryVerticle verticle;

  @Override
  public String name() {
    return "registry";
  }

  @Override
  public Set<String> requires() {
    return Set.of("pki");
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    context.contribute(DeclarationCheck.class, new DeclarationRules());
    context
        .gateway()
        .method(
            new ControlEndpoint(
                    context.bus(),
                    context.ids(),
                    context.kernel().version(),
                    () -> context.contributions(RuntimeFeature.class))
                .handler());
    context.gateway().method(new RegistrationEndpoint(context.bus(), context.ids()).handler());
    context
        .web()
        .procedure(
            "RegistryService", "ListInstances", Web.Kind.READABLE, q -> listInstances(context));
    PolicyProcedures.mount(context.web(), context.bus());
    RegistryVerticle owner = new RegistryVerticle(context);
    verticle = owner;
    return deployment.deploy(context.vertx(), owner);
  }

  @Override
  public Future<Void> drain() {
    return verticle == null ? Future.succeededFuture() : verticle.drain();
  }

  @Override
  public Future<Void> stop() {
    return deployment.undeploy();
  }

  private static Future<JsonObject> listInstances(ModuleContext context) {
    return context
        .bus()
        .request(Sessions.LIVE, new Sessions.ListLive())
        .map(
            live -> {
              JsonArray instances = new JsonArray();
              live.instances().forEach(i -> instances.add(json(i)));
              return new JsonObject().put("instances", instances);
            });
  }

  private static JsonObject json(Sessions.Instance i) {
    return new JsonObject()
        .put("instanceId", i.instanceId().toString())
        .put("serviceId", i.serviceId().toString())
        .put("serviceName", i.serviceName())
        .put("status", i.status())
        .put("callEndpoint", i.callEndpoint())
        .put("httpEndpoint", i.httpEndpoint())
        .put("sdkLanguage", i.sdkLanguage())
        .put("sdkVersion", i.sdkVersion())
        .put("connectedAtUnixMs", i.connectedAtMillis())
        .put("unhealthySinceUnixMs", i.unhealthySinceMillis());
  }
}
