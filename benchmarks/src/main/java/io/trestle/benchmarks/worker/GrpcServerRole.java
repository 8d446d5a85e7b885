package io.trestle.benchmarks.worker;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
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

  @Override
  public void close() {
    if (server != null) {
      server.shutdownNow();
    }
  }
}
