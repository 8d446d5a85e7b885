package io.trestle.benchmarks.worker;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** grpc-java, serving: shaded Netty with BoringSSL, the handler on the event loop. */
final class GrpcServerRole implements Role {
  static final int MAX_MESSAGE = 8 << 20;

  private @Nullable Server server;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws IOException {
    Provision.Issued own = issue(arguments);
    Server made =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(GrpcTls.server(own))
            .directExecutor()
            .maxInboundMessageSize(MAX_MESSAGE)
            .addService(
                ServerServiceDefinition.builder("bench.Echo")
                    .addMethod(
                        Echo.METHOD,
                        ServerCalls.asyncUnaryCall(
                            (request, answers) -> {
                              answers.onNext(request);
                              answers.onCompleted();
                            }))
                    .addMethod(Echo.STREAM, ServerCalls.asyncServerStreamingCall(Sender::begin))
                    .build())
            .build()
            .start();
    server = made;
    return new JsonObject().put("port", made.getPort());
  }

  /**
   * A certificate of the runtime; the Vert.x that fetched it is gone before anything is measured.
   */
  static Provision.Issued issue(JsonObject arguments) {
    Vertx vertx = Vertx.vertx();
    try {
      return Provision.once(vertx, arguments.getString("url"), arguments.getString("key"));
    } finally {
      Waiting.on(vertx.close());
    }
  }

  /** Sends chunks while the transport takes them. */
  private static final class Sender {
    private final ServerCallStreamObserver<byte[]> answers;
    private final byte[] chunk;
    private int left;

    private Sender(ServerCallStreamObserver<byte[]> answers, Chunks wanted) {
      this.answers = answers;
      this.chunk = new byte[wanted.size()];
      this.left = wanted.count();
    }

    static void begin(byte[] request, StreamObserver<byte[]> answers) {
      ServerCallStreamObserver<byte[]> observer = (ServerCallStreamObserver<byte[]>) answers;
      Sender sender = new Sender(observer, Chunks.of(request));
      observer.setOnReadyHandler(sender::send);
    }

    private void send() {
      while (left > 0 && answers.isReady()) {
        left--;
        answers.onNext(chunk);
        if (left == 0) {
          answers.onCompleted();
        }
      }
    }
  }

  @Override
  public void close() {
    if (server != null) {
      server.shutdownNow();
    }
  }
}
