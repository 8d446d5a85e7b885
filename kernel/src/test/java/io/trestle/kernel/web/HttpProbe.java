package io.trestle.kernel.web;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.util.concurrent.TimeUnit;

/** An HTTP client that may send any Host to any address. */
final class HttpProbe {
  private final HttpClient client;
  private final int port;

  record Reply(int status, MultiMap headers, String text) {
    JsonObject json() {
      return new JsonObject(text);
    }

    String code() {
      return json().getString("code");
    }
  }

  HttpProbe(Vertx vertx, int port) {
    this.client = vertx.createHttpClient();
    this.port = port;
  }

  Reply get(String path) {
    return send(
        "127.0.0.1",
        "localhost:" + port,
        HttpMethod.GET,
        path,
        MultiMap.caseInsensitiveMultiMap(),
        "");
  }

  Reply send(
      String address, String host, HttpMethod method, String path, MultiMap headers, String body) {
    int colon = host.lastIndexOf(':');
    RequestOptions options =
        new RequestOptions()
            .setServer(SocketAddress.inetSocketAddress(port, address))
            .setHost(host.substring(0, colon))
            .setPort(Integer.parseInt(host.substring(colon + 1)))
            .setMethod(method)
            .setURI(path)
            .setHeaders(headers);
    Future<Reply> reply =
        client
            .request(options)
            .compose(request -> request.send(Buffer.buffer(body)))
            .compose(
                response ->
                    response
                        .body()
                        .map(
                            bytes ->
                                new Reply(
                                    response.statusCode(), response.headers(), bytes.toString())));
    return reply.toCompletionStage().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
