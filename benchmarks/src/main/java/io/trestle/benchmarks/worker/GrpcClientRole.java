package io.trestle.benchmarks.worker;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** grpc-java, calling: shaded Netty with BoringSSL, answers on the event loop, no deadline. */
final class GrpcClientRole implements Role {
  private @Nullable ManagedChannel channel;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return switch (command) {
      case "start" -> start(arguments);
      case "run" -> run(arguments);
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  private JsonObject start(JsonObject arguments) throws SSLException {
    Provision.Issued own = GrpcServerRole.issue(arguments);
    InetSocketAddress server =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), arguments.getInteger("port"));
    ManagedChannel made =
        NettyChannelBuilder.forAddress(server)
            .sslContext(GrpcTls.client(own))
            .directExecutor()
            .maxInboundMessageSize(GrpcServerRole.MAX_MESSAGE)
            .build();
    channel = made;
    byte[] reply =
        ClientCalls.blockingUnaryCall(made, Echo.METHOD, CallOptions.DEFAULT, new byte[1]);
    return new JsonObject().put("length", reply.length);
  }

  private JsonObject run(JsonObject question) {
    ManagedChannel client = channel;
    if (client == null) {
      throw new IllegalStateException("not started");
    }
    int chunks = question.getInteger("chunks");
    if (chunks > 0) {
      Chunks wanted = new Chunks(chunks, question.getInteger("size"));
      return ClosedLoop.run(
          question,
          done ->
              ClientCalls.asyncServerStreamingCall(
                  client.newCall(Echo.STREAM, CallOptions.DEFAULT),
                  wanted.request(),
                  new Reader(wanted, done)));
    }
    byte[] payload = new byte[question.getInteger("size")];
    return ClosedLoop.run(
        question,
        done ->
            ClientCalls.asyncUnaryCall(
                client.newCall(Echo.METHOD, CallOptions.DEFAULT),
                payload,
                new Answer(payload, done)));
  }

  @Override
  public void close() {
    if (channel != null) {
      channel.shutdownNow();
    }
  }

  /** Takes whatever comes and counts. */
  private static final class Reader implements StreamObserver<byte[]> {
    private final Chunks wanted;
    private final ClosedLoop.Done done;
    private int chunks;
    private long bytes;

    Reader(Chunks wanted, ClosedLoop.Done done) {
      this.wanted = wanted;
      this.done = done;
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
    public void onCompleted() {
      done.ended(wanted.check(chunks, bytes));
    }
  }

  private static final class Answer implements StreamObserver<byte[]> {
    private final byte[] payload;
    private final ClosedLoop.Done done;
    private byte @Nullable [] reply;

    Answer(byte[] payload, ClosedLoop.Done done) {
      this.payload = payload;
      this.done = done;
    }

    @Override
    public void onNext(byte[] value) {
      reply = value;
    }

    @Override
    public void onError(Throwable failure) {
      done.ended(failure);
    }

    @Override
    public void onCompleted() {
      done.ended(Echo.check(payload, reply));
    }
  }
}
