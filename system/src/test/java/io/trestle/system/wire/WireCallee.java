package io.trestle.system.wire;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.CallResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A Call server with another TLS and gRPC stack: grpc-java over Netty with the engine of the JDK.
 * It writes down every call and answers as it is told.
 */
final class WireCallee implements AutoCloseable {
  private static final Metadata.Key<String> NOT_DISPATCHED =
      Metadata.Key.of("x-sb-not-dispatched", Metadata.ASCII_STRING_MARSHALLER);
  private static final long NO_DEADLINE = -1;

  private final Server server;
  private final List<Received> received;

  private WireCallee(Server server, List<Received> received) {
    this.server = server;
    this.received = received;
  }

  /** One call as it arrived. */
  record Received(
      CallRequest request, Metadata metadata, X509Certificate peer, long remainingMillis) {
    @Nullable String header(String name) {
      return metadata.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }
  }

  /** What is answered: a message, or a status with or without the trailer. Null: nothing at all. */
  record Reply(@Nullable CallResponse response, Status status, boolean notDispatched) {
    static Reply echo(Received call) {
      return of(CallResponse.newBuilder().setPayload(call.request().getPayload()).build());
    }

    static Reply of(CallResponse response) {
      return new Reply(response, Status.OK, false);
    }

    static Reply refuse(Status status) {
      return new Reply(null, status, true);
    }

    static Reply fail(Status status) {
      return new Reply(null, status, false);
    }
  }

  /** Serves on a free loopback port. */
  static WireCallee start(
      WireIdentity identity, X509Certificate ca, Function<Received, @Nullable Reply> behaviour) {
    List<Received> received = new CopyOnWriteArrayList<>();
    try {
      SslContextBuilder tls =
          GrpcSslContexts.configure(
                  SslContextBuilder.forServer(identity.key(), identity.leaf()), SslProvider.JDK)
              .protocols("TLSv1.3")
              .keyStoreType("JKS") // as in WireClient
              .clientAuth(ClientAuth.REQUIRE)
              .trustManager(new PinnedTrust(ca, null));
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .sslContext(tls.build())
              .permitKeepAliveTime(20, TimeUnit.SECONDS)
              .addService(service(received, behaviour))
              .build()
              .start();
      return new WireCallee(server, received);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static ServerServiceDefinition service(
      List<Received> received, Function<Received, @Nullable Reply> behaviour) {
    return ServerServiceDefinition.builder("servicebridge.v1.Call")
        .addMethod(
            WireMarshaller.descriptor(Methods.CALL_UNARY),
            (call, headers) -> {
              call.request(1);
              return new Listener(call, headers, received, behaviour);
            })
        .build();
  }

  /** What is advertised. */
  String endpoint() {
    return "127.0.0.1:" + port();
  }

  int port() {
    return server.getPort();
  }

  List<Received> received() {
    return received;
  }

  /** Ends every connection at once, as a crash does. */
  void crash() {
    server.shutdownNow();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private static final class Listener extends ServerCall.Listener<CallRequest> {
    private final ServerCall<CallRequest, CallResponse> call;
    private final Metadata headers;
    private final List<Received> received;
    private final Function<Received, @Nullable Reply> behaviour;
    private @Nullable CallRequest request;

    Listener(
        ServerCall<CallRequest, CallResponse> call,
        Metadata headers,
        List<Received> received,
        Function<Received, @Nullable Reply> behaviour) {
      this.call = call;
      this.headers = headers;
      this.received = received;
      this.behaviour = behaviour;
    }

    @Override
    public void onMessage(CallRequest message) {
      request = message;
    }

    @Override
    public void onHalfClose() {
      CallRequest whole = request;
      if (whole == null) {
        call.close(Status.INVALID_ARGUMENT.withDescription("no message"), new Metadata());
        return;
      }
      Received one = new Received(whole, headers, peer(), remaining());
      received.add(one);
      Reply reply = behaviour.apply(one);
      if (reply != null) {
        answer(reply);
      }
    }

    private void answer(Reply reply) {
      Metadata trailers = new Metadata();
      if (reply.notDispatched()) {
        trailers.put(NOT_DISPATCHED, "1");
      }
      CallResponse response = reply.response();
      if (response != null) {
        call.sendHeaders(new Metadata());
        call.sendMessage(response);
      }
      call.close(reply.status(), trailers);
    }

    private X509Certificate peer() {
      SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
      try {
        if (session != null) {
          return (X509Certificate) session.getPeerCertificates()[0];
        }
      } catch (SSLPeerUnverifiedException e) {
        throw new AssertionError("a caller without a certificate", e);
      }
      throw new AssertionError("a caller without TLS");
    }

    private static long remaining() {
      Deadline deadline = Context.current().getDeadline();
      return deadline == null ? NO_DEADLINE : deadline.timeRemaining(TimeUnit.MILLISECONDS);
    }
  }
}
