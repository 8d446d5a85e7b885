package io.trestle.benchmarks.worker;

import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.ServiceBridge;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Our SDK, serving: the handler answers on the event loop with the array it was given. */
final class SdkServerRole implements Role {
  static final String METHOD = "echo";
  static final String STREAM = "stream";

  private @Nullable ServiceBridge bridge;

  @Override
  public JsonObject answer(String command, JsonObject arguments) {
    ServiceBridge made =
        ServiceBridge.builder(arguments.getString("url"), arguments.getString("key"))
            .advertise("127.0.0.1", 0)
            .build();
    made.rpc()
        .handleAsync(METHOD, (request, context) -> CompletableFuture.completedFuture(request));
    made.rpc()
        .handleStreamAsync(
            STREAM,
            (request, context, out) -> {
              Chunks wanted = Chunks.of(request);
              return send(out, new byte[wanted.size()], wanted.count());
            });
    bridge = made;
    made.start();
    return new JsonObject();
  }

  private static CompletionStage<Void> send(ChunkWriter out, byte[] chunk, int count) {
    for (int left = count; left > 0; left--) {
      CompletableFuture<Void> sent = out.sendAsync(chunk);
      if (!sent.isDone()) {
        int rest = left - 1;
        return sent.thenCompose(taken -> send(out, chunk, rest));
      }
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {
    if (bridge != null) {
      bridge.stop();
    }
  }
}
