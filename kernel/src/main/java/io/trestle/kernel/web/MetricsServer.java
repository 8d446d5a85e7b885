package io.trestle.kernel.web;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trestle.kernel.settings.ExportSettings;
import io.trestle.kernel.settings.NetworkSettings;
import io.trestle.kernel.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Prometheus endpoint (telemetry.md 10.1): {@code GET /metrics} on a listener of its own, on
 * the addresses of the HTTP listener, while {@code obsexport.prometheus.enable} is on. It shows the
 * families of the house itself. Scrapes are written on a worker, one at a time: whoever asks
 * meanwhile gets the same text.
 *
 * <p>Thread: settings change on a kernel event loop; turns follow one another.
 */
public final class MetricsServer {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);
  private static final String PATH = "/metrics";
  private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";
  private static final String BEARER = "Bearer ";
  private static final Set<HttpMethod> READS = Set.of(HttpMethod.GET, HttpMethod.HEAD);

  private final Vertx vertx;
  private final PrometheusMeterRegistry meters;
  private final Settings settings;
  private Future<Void> turn = Future.succeededFuture();
  private @Nullable Listeners open;
  private @Nullable Future<String> scrape;
  private boolean closed;

  /** An endpoint that is not bound yet. */
  public MetricsServer(Vertx vertx, PrometheusMeterRegistry meters, Settings settings) {
    this.vertx = vertx;
    this.meters = meters;
    this.settings = settings;
  }

  /**
   * Binds it when it is wanted, and follows the setting from then on. Fails with {@link
   * ListenException} naming port and setting; a change that comes later and fails is a warning.
   */
  public Future<Void> start() {
    settings.onChange(
        ExportSettings.PROMETHEUS_ENABLED,
        on -> next().onFailure(e -> LOG.warn("metrics are not served reason={}", e.getMessage())));
    return next();
  }

  /** Closes it for good. */
  public synchronized Future<Void> close() {
    closed = true;
    return next();
  }

  private synchronized Future<Void> next() {
    turn = turn.transform(before -> follow());
    return turn;
  }

  private synchronized Future<Void> follow() {
    boolean wanted = !closed && settings.get(ExportSettings.PROMETHEUS_ENABLED);
    Listeners listeners = open;
    if (wanted && listeners == null) {
      return bind();
    }
    if (wanted || listeners == null) {
      return Future.succeededFuture();
    }
    open = null;
    return listeners.close();
  }

  private Future<Void> bind() {
    Listeners listeners =
        new Listeners(
            vertx,
            settings.get(NetworkSettings.UI_HOST),
            NetworkSettings.OBSEXPORT_PORT.name(),
            this::answer);
    open = listeners;
    return listeners
        .listen(settings.get(NetworkSettings.OBSEXPORT_PORT))
        .onSuccess(v -> LOG.info("metrics served urls={}", urls(listeners)))
        .onFailure(e -> forget());
  }

  private synchronized void forget() {
    open = null;
  }

  private static List<String> urls(Listeners listeners) {
    return listeners.urls().stream().map(url -> url + PATH).toList();
  }

  private void answer(HttpServerRequest request) {
    HttpServerResponse response = request.response().putHeader("cache-control", "no-store");
    if (!PATH.equals(request.path())) {
      end(response, 404, "not found (expected: " + PATH + ")\n");
    } else if (!READS.contains(request.method())) {
      end(response.putHeader("allow", "GET, HEAD"), 405, "expected: GET\n");
    } else if (!mayRead(request.headers().getAll("authorization"))) {
      response.putHeader("www-authenticate", BEARER.strip());
      end(response, 401, "Authorization: missing or wrong (expected: Bearer and the token)\n");
    } else {
      scrape()
          .onSuccess(text -> end(response.putHeader("content-type", TYPE), 200, text))
          .onFailure(e -> end(response, 500, "internal error\n"));
    }
  }

  /** In constant time; without a token in the settings everybody may. */
  private boolean mayRead(List<String> shown) {
    String token = settings.get(ExportSettings.METRICS_BEARER_TOKEN);
    if (token.isEmpty()) {
      return true;
    }
    String only = shown.size() == 1 ? shown.get(0) : "";
    return only.regionMatches(true, 0, BEARER, 0, BEARER.length())
        && MessageDigest.isEqual(bytes(only.substring(BEARER.length()).strip()), bytes(token));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private synchronized Future<String> scrape() {
    Future<String> running = scrape;
    if (running == null || running.isComplete()) {
      running =
          vertx
              .executeBlocking(meters::scrape)
              .onFailure(e -> LOG.error("scrape failed reason={}", e.toString()));
      scrape = running;
    }
    return running;
  }

  private static void end(HttpServerResponse response, int status, String text) {
    if (!response.ended() && !response.closed()) {
      response.setStatusCode(status).end(text);
    }
  }
}
