package io.trestle.kernel.gateway;

import io.trestle.protocol.wire.Lane;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The part of the listener on one event loop: its server, its connections, its door. */
final class GatewayVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayVerticle.class);

  private final GatewayShared shared;
  private final HttpServerOptions options;
  private final SocketAddress address;
  private @Nullable Started started;

  GatewayVerticle(GatewayShared shared, HttpServerOptions options, SocketAddress address) {
    this.shared = shared;
    this.options = options;
    this.address = address;
  }

  private record Started(Loop loop, ConnectionRegistry connections, HttpServer server) {}

  @Override
  public Future<?> start() {
    Context context = vertx.getOrCreateContext();
    Loop loop = new Loop(vertx, context, Thread.currentThread());
    ConnectionRegistry connections =
        new ConnectionRegistry(loop, Lane.current(vertx), shared, new FrontDoor(loop, shared));
    HttpServer server =
        vertx
            .createHttpServer(options)
            .connectionHandler(connections::opened)
            .requestHandler(request -> request.connection().close()) // not HTTP/2
            .exceptionHandler(
                e -> LOG.debug("event=connection_failed reason=\"{}\"", e.toString()));
    started = new Started(loop, connections, server);
    return server.listen(address);
  }

  int port() {
    return require().server().actualPort();
  }

  Future<Boolean> update(ServerSSLOptions ssl) {
    return require().server().updateSSLOptions(ssl, true);
  }

  /** Runs for every connection, soon, on their loop. */
  void forEachConnection(Consumer<ClientConnection> action) {
    Started self = require();
    self.loop().run(() -> self.connections().forEach(action));
  }

  /** Ends what is open, lets it be written, and closes. */
  Future<Void> shutdown() {
    forEachConnection(connection -> connection.endAll(ClientConnection.stopping()));
    return require().server().shutdown(shared.options().stop().toMillis(), TimeUnit.MILLISECONDS);
  }

  private Started require() {
    Started self = started;
    if (self == null) {
      throw new IllegalStateException("the listener has not started");
    }
    return self;
  }
}
