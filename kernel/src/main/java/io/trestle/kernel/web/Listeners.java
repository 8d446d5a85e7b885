package io.trestle.kernel.web;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets of a listener for HTTP: one for each address, all on one port. With port 0 the first
 * address chooses and the others follow; when one of them finds the port taken there, all begin
 * again. An IPv6 loopback that the machine does not have is left out, so that the default works
 * everywhere.
 */
final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
  private static final int ATTEMPTS = 10;
  private static final int MAX_HEADERS = 16 << 10;
  private static final int IDLE_SECONDS = 120;

  private final Vertx vertx;
  private final List<String> hosts;
  private final String portSetting;
  private final Handler<HttpServerRequest> handler;
  private final List<Bound> bound = new ArrayList<>();

  private record Bound(String host, HttpServer server) {}

  /**
   * Not bound yet.
   *
   * @param portSetting the setting that failures name for the port; that of the hosts is {@code
   *     network.ui_host}
   */
  Listeners(
      Vertx vertx, List<String> hosts, String portSetting, Handler<HttpServerRequest> handler) {
    this.vertx = vertx;
    this.hosts = hosts;
    this.portSetting = portSetting;
    this.handler = handler;
  }

  /** Binds all addresses or none. */
  Future<Void> listen(int port) {
    return listen(port, ATTEMPTS);
  }

  /** URLs that reach the listener from this machine where that is possible. */
  List<String> urls() {
    Set<String> urls = new LinkedHashSet<>();
    for (Bound one : bound) {
      urls.add("http://" + reachable(one.host) + ":" + one.server.actualPort());
    }
    return List.copyOf(urls);
  }

  /** The port; 0 before it is bound. */
  int port() {
    return bound.isEmpty() ? 0 : bound.get(0).server.actualPort();
  }

  Future<Void> close() {
    List<Future<Void>> closing = bound.stream().map(one -> one.server.close()).toList();
    bound.clear();
    return Future.join(closing).mapEmpty();
  }

  private Future<Void> listen(int port, int attempts) {
    Future<Void> all = Future.succeededFuture();
    for (String host : hosts) {
      all = all.compose(done -> bind(host, port));
    }
    return all.recover(failure -> close().transform(closed -> again(failure, port, attempts)));
  }

  private Future<Void> again(Throwable failure, int port, int attempts) {
    boolean unlucky = port == 0 && attempts > 1 && isInUse(failure);
    return unlucky ? listen(port, attempts - 1) : Future.failedFuture(failure);
  }

  private Future<Void> bind(String host, int wanted) {
    int port = wanted == 0 ? port() : wanted;
    HttpServer server = vertx.createHttpServer(options()).requestHandler(handler);
    return server
        .listen(port, host)
        .<Void>map(
            listening -> {
              bound.add(new Bound(host, server));
              return null;
            })
        .recover(failure -> notBound(host, port, failure));
  }

  private Future<Void> notBound(String host, int port, Throwable failure) {
    if (isMissingLoopback(host, failure)) {
      LOG.info("http listener left out host={} reason={}", host, failure.getMessage());
      return Future.succeededFuture();
    }
    String problem =
        isInUse(failure)
            ? "%s: %d is in use on %s (expected: a free port, or 0 for any)"
                .formatted(portSetting, port, host)
            : "network.ui_host: %s: port %d (%s) cannot be bound: %s (expected: addresses of this machine)"
                .formatted(host, port, portSetting, failure.getMessage());
    return Future.failedFuture(new ListenException(problem, failure));
  }

  private boolean isMissingLoopback(String host, Throwable failure) {
    return host.equals("::1") && !isInUse(failure) && !bound.isEmpty();
  }

  private static boolean isInUse(Throwable failure) {
    Throwable cause = failure instanceof ListenException ? failure.getCause() : failure;
    return cause != null
        && String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT).contains("in use");
  }

  private static HttpServerOptions options() {
    return new HttpServerOptions().setMaxHeaderSize(MAX_HEADERS).setIdleTimeout(IDLE_SECONDS);
  }

  private static String reachable(String host) {
    return switch (host) {
      case "0.0.0.0" -> "127.0.0.1";
      case "::" -> "[::1]";
      default -> host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    };
  }
}
