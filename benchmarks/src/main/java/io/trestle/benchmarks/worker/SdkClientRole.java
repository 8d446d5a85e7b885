package io.trestle.benchmarks.worker;

import io.trestle.sdk.CallOptions;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.Flow;
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
    made.service(service, ServiceDeps.rpc(SdkServerRole.METHOD, SdkServerRole.STREAM));
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
    CallOptions options =
        CallOptions.DEFAULT.withTransport(Transport.valueOf(question.getString("transport")));
    int chunks = question.getInteger("chunks");
    if (chunks > 0) {
      Chunks wanted = new Chunks(chunks, question.getInteger("size"));
      return ClosedLoop.run(question, done -> stream(client, wanted, options, done));
    }
    byte[] payload = new byte[question.getInteger("size")];
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

  private void stream(
      ServiceBridge client, Chunks wanted, CallOptions options, ClosedLoop.Done done) {
    client
        .rpc()
        .publisher(service, SdkServerRole.STREAM, wanted.request(), options)
        .subscribe(new Reader(wanted, done));
  }

  /** Takes whatever comes and counts. */
  private static final class Reader implements Flow.Subscriber<byte[]> {
    private final Chunks wanted;
    private final ClosedLoop.Done done;
    private int chunks;
    private long bytes;

    Reader(Chunks wanted, ClosedLoop.Done done) {
      this.wanted = wanted;
      this.done = done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(byte[] chunk) {
      chunks++;
      bytes += chunk.length;
    }

    @Override
    public void onError(Throwable failure) {
      done.ended(failure);
    }

    @Override
    public void onComplete() {
      done.ended(wanted.check(chunks, bytes));
    }
  }

  @Override
  public void close() {
    if (bridge != null) {
      bridge.stop();
    }
  }
}
