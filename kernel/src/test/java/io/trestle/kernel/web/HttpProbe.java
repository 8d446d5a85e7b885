package io.trestle.kernel.web;

import io.vertx.core.Context;
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
  private final Context loop;

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
    this.loop = vertx.getOrCreateContext();
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
    // On one loop: on a thread of a test the end of an answer may come before anybody asks for it.
    Future<Reply> reply =
        Future.future(
            answer ->
                loop.runOnContext(
                    turn -> exchange(options, Buffer.buffer(body)).onComplete(answer)));
    return reply.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  private Future<Reply> exchange(RequestOptions options, Buffer body) {
    return client
        .request(options)
        .compose(request -> request.send(body))
        .compose(
            response ->
                response
                    .body()
                    .map(
                        bytes ->
                            new Reply(
                                response.statusCode(), response.headers(), bytes.toString())));
  }
}
