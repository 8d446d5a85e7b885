package io.trestle.kernel.gateway;

import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.WireStreams;
import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The open connections of one event loop. Thread: that loop. */
final class ConnectionRegistry {
  private final Loop loop;
  private final Lane lane;
  private final FrontDoor door;
  private final GatewayShared shared;
  private final Map<HttpConnection, ClientConnection> connections = new HashMap<>();

  ConnectionRegistry(Loop loop, Lane lane, GatewayShared shared, FrontDoor door) {
    this.loop = loop;
    this.lane = lane;
    this.door = door;
    this.shared = shared;
  }

  void opened(HttpConnection http) {
    if (!WireStreams.isHttp2(http)) {
      http.close();
      return;
    }
    ClientConnection connection = new ClientConnection(loop, shared, http);
    connections.put(http, connection);
    shared.metrics().connectionOpened();
    http.closeHandler(v -> closed(http));
    WireStreams.serve(
        lane,
        http,
        (stream, headers) ->
            new RequestStream(stream, request -> door.request(request, connection)));
    connection.opened();
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
