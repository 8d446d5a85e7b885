package io.trestle.benchmarks.worker;

import io.trestle.sdk.ServiceBridge;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Our SDK, serving: the handler answers on the event loop with the array it was given. */
final class SdkServerRole implements Role {
  static final String METHOD = "echo";

  private @Nullable ServiceBridge bridge;

  @Override
  public JsonObject answer(String command, JsonObject arguments) {
    ServiceBridge made =
        ServiceBridge.builder(arguments.getString("url"), arguments.getString("key"))
            .advertise("127.0.0.1", 0)
            .build();
    made.rpc()
        .handleAsync(METHOD, (request, context) -> CompletableFuture.completedFuture(request));
    bridge = made;
    made.start();
    return new JsonObject();
  }

  @Override
  public void close() {
    if (bridge != null) {
      bridge.stop();
    }
  }
}
