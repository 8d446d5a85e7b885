package io.trestle.kernel.web;

import io.trestle.kernel.settings.NetworkSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP listener of a kernel: health and readiness, the routers of modules, the admin
 * procedures. Everything is mounted before {@link #listen()}.
 */
public final class WebServer implements Web {
  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);

  private final WebOptions options;
  private final Router router;
  private final AdminApi admin;
  private final Listeners listeners;
  private boolean listening;
  private volatile boolean draining;

  /** A listener that is not bound yet. */
  public WebServer(Vertx vertx, WebOptions options) {
    this.options = options;
    this.router = Router.router(vertx);
    this.admin =
        new AdminApi(new AdminGate(options.token(), options.publicOrigin()), () -> draining);
    this.listeners = new Listeners(vertx, options.hosts(), NetworkSettings.UI_PORT.name(), router);
    mountOwn();
  }

  @Override
  public void mount(String path, Router module) {
    requireUnbound(path);
    router.route(path).subRouter(module);
  }

  @Override
  public void operators(String path, Router module) {
    requireUnbound(path);
    router.route(path).handler(admin::guard);
    router.route(path).subRouter(module);
  }

  @Override
  public void procedure(
      String service,
      String procedure,
      Kind kind,
      Function<JsonObject, Future<JsonObject>> handler) {
    requireUnbound(service + "/" + procedure);
    admin.add(service, procedure, handler);
  }

  /**
   * Binds every address.
   *
   * @return the URLs; fails with {@link ListenException} naming port and setting
   */
  public Future<List<String>> listen() {
    listening = true;
    return listeners.listen(options.port()).map(bound -> urls());
  }

  /** URLs that reach the listener from this machine, as in {@code runtime.json}. */
  public List<String> urls() {
    return listeners.urls();
  }

  /** The bound port; 0 before {@link #listen()}. */
  public int port() {
    return listeners.port();
  }

  /** From now on admin calls are refused with {@code unavailable} and the process is not ready. */
  public void drain() {
    draining = true;
  }

  /** Closes the listener and its connections. */
  public Future<Void> close() {
    return listeners.close();
  }

  private void mountOwn() {
    probe("/healthz", () -> true);
    probe("/health", () -> true);
    probe("/readyz", this::ready);
    probe("/ready", this::ready);
    router.route(AdminApi.PATHS).handler(admin);
    router.errorHandler(404, context -> plain(context, 404, "not found\n"));
    router.errorHandler(500, WebServer::failed);
  }

  private void probe(String path, BooleanSupplier state) {
    router
        .route(path)
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(
            context -> {
              boolean good = state.getAsBoolean();
              plain(context, good ? 200 : 503, good ? "ok\n" : "not ready\n");
            });
  }

  private boolean ready() {
    return !draining && options.ready().getAsBoolean();
  }

  private static void failed(RoutingContext context) {
    Throwable failure = context.failure();
    LOG.error("http handler failed path={}", context.normalizedPath(), Untold.of(failure));
    plain(context, 500, "internal error\n");
  }

  private static void plain(RoutingContext context, int status, String text) {
    if (!context.response().ended() && !context.response().headWritten()) {
      context
          .response()
          .setStatusCode(status)
          .putHeader("content-type", "text/plain; charset=utf-8")
          .putHeader("cache-control", "no-store")
          .end(text);
    }
  }

  private void requireUnbound(String what) {
    if (listening) {
      throw new IllegalStateException(
          what + ": mounted late (expected: before the listener is bound)");
    }
  }
}
