package io.trestle.kernel.gateway;

import io.trestle.protocol.transport.Transport;
import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The open connections of one event loop. Thread: that loop. */
final class ConnectionRegistry {
  private final Loop loop;
  private final GatewayShared shared;
  private final Map<HttpConnection, ClientConnection> connections = new HashMap<>();

  ConnectionRegistry(Loop loop, GatewayShared shared) {
    this.loop = loop;
    this.shared = shared;
  }

  void opened(HttpConnection http) {
    Transport.widen(http);
    ClientConnection connection = new ClientConnection(loop, shared, http);
    connections.put(http, connection);
    shared.metrics().connectionOpened();
    http.closeHandler(v -> closed(http));
    connection.opened();
  }

  ClientConnection of(HttpConnection http) {
    ClientConnection connection = connections.get(http);
    if (connection == null) {
      throw new IllegalStateException("a request on a connection that is closed");
    }
    return connection;
  }

  void forEach(Consumer<ClientConnection> action) {
    List.copyOf(connections.values()).forEach(action);
  }

  private void closed(HttpConnection http) {
    ClientConnection connection = connections.remove(http);
    if (connection != null) {
      shared.metrics().connectionClosed();
      connection.closed();
    }
  }
}
