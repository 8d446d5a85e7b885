package io.trestle.benchmarks.worker;

import io.trestle.sdk.CallOptions;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Our SDK, calling: directly or through the runtime, with its asynchronous interface. */
final class SdkClientRole implements Role {
  private static final Duration APPEAR_LIMIT = Duration.ofSeconds(20);

  private String service = "";
  private @Nullable ServiceBridge bridge;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return switch (command) {
      case "start" -> start(arguments);
      case "run" -> run(arguments);
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  private JsonObject start(JsonObject arguments) throws InterruptedException {
    ServiceBridge made =
        ServiceBridge.builder(arguments.getString("url"), arguments.getString("key"))
            .callerOnly()
            .build();
    service = arguments.getString("service");
    made.service(service, ServiceDeps.rpc(SdkServerRole.METHOD));
    bridge = made;
    made.start();
    awaitServer(made);
    return new JsonObject();
  }

  private void awaitServer(ServiceBridge made) throws InterruptedException {
    long end = System.nanoTime() + APPEAR_LIMIT.toNanos();
    while (true) {
      try {
        made.rpc().call(service, SdkServerRole.METHOD, new byte[1]);
        return;
      } catch (NoLiveInstanceException e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        Thread.sleep(20);
      }
    }
  }

  private JsonObject run(JsonObject question) {
    ServiceBridge client = bridge;
    if (client == null) {
      throw new IllegalStateException("not started");
    }
    byte[] payload = new byte[question.getInteger("size")];
    CallOptions options =
        CallOptions.DEFAULT.withTransport(Transport.valueOf(question.getString("transport")));
    return ClosedLoop.run(question, done -> call(client, payload, options, done));
  }

  private void call(
      ServiceBridge client, byte[] payload, CallOptions options, ClosedLoop.Done done) {
    var unused =
        client
            .rpc()
            .callAsync(service, SdkServerRole.METHOD, payload, options)
            .whenComplete(
                (reply, failure) ->
                    done.ended(failure != null ? failure : Echo.check(payload, reply)));
  }

  @Override
  public void close() {
    if (bridge != null) {
      bridge.stop();
    }
  }
}
