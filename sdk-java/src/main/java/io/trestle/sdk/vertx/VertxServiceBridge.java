package io.trestle.sdk.vertx;

import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.ServiceBridgeBuilder;
import io.trestle.sdk.internal.BridgeBuilder;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;

/** Bridges that live on the event loops of the application. */
public final class VertxServiceBridge {
  private VertxServiceBridge() {}

  /**
   * A builder of a bridge that uses the application's Vert.x, which stays open after {@code stop}.
   *
   * @param url the runtime, {@code host:port}
   * @param key the bootstrap key of the service
   */
  public static ServiceBridgeBuilder builder(Vertx vertx, String url, String key) {
    return new BridgeBuilder(url, key).vertx(vertx);
  }

  /**
   * Calls a method; see {@link Rpc#callAsync(String, String, byte[], CallOptions)}. The future
   * completes on the context of the caller.
   */
  public static Future<Buffer> call(
      Vertx vertx, Rpc rpc, String service, String method, Buffer payload, CallOptions options) {
    return Future.fromCompletionStage(
            rpc.callAsync(service, method, payload.getBytes(), options), vertx.getOrCreateContext())
        .map(Buffer::buffer);
  }
}
