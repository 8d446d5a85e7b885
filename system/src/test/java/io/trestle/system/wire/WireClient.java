package io.trestle.system.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.trestle.RawBytes;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One client of the wire with another TLS and gRPC stack: grpc-java over Netty with the engine of
 * the JDK. It has one connection and makes another handshake only when that one is lost. Each has a
 * thread of its own: the engine of the JDK needs seconds to encrypt what a test floods the runtime
 * with, and a handshake of another test on the same thread would time out behind it.
 */
final class WireClient implements AutoCloseable {
  private final ManagedChannel channel;
  private final EventLoopGroup loop;
  private final PinnedTrust trust;
  private volatile @Nullable SSLSession session;

  private WireClient(ManagedChannel channel, EventLoopGroup loop, PinnedTrust trust) {
    this.channel = channel;
    this.loop = loop;
    this.trust = trust;
  }

  /** A client of the runtime. */
  static WireClient toRuntime(String address, X509Certificate ca, @Nullable WireIdentity identity) {
    return to(address, ca, identity, Certificates.RUNTIME_URI, null);
  }

  /**
   * A client of anybody.
   *
   * @param uri whom the other end must be
   * @param authority what is sent as {@code :authority} and, when it is a name, as SNI; null for
   *     the address
   */
  static WireClient to(
      String address,
      X509Certificate ca,
      @Nullable WireIdentity identity,
      String uri,
      @Nullable String authority) {
    PinnedTrust trust = new PinnedTrust(ca, uri);
    try {
      SslContextBuilder tls =
          GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
              .protocols("TLSv1.3")
              .trustManager(trust);
      if (identity != null) {
        // the type by default hashes 10,000 times for each key that is put in or taken out
        tls.keyStoreType("JKS").keyManager(identity.key(), identity.leaf());
      }
      EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
      NettyChannelBuilder builder =
          NettyChannelBuilder.forAddress(resolve(address))
              .eventLoopGroup(loop)
              .channelType(NioSocketChannel.class)
              .sslContext(tls.build());
      if (authority != null) {
        builder.overrideAuthority(authority);
      }
      return new WireClient(builder.build(), loop, trust);
    } catch (SSLException e) {
      throw new AssertionError(e);
    }
  }

  private static InetSocketAddress resolve(String address) {
    int colon = address.lastIndexOf(':');
    return new InetSocketAddress(
        address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
  }

  // ---- calls

  <Q extends Message, R extends Message> Ended<R> unary(RpcMethod<Q, R> method, Q request) {
    return open(method, request).ended();
  }

  <Q extends Message, R extends Message> Ended<R> unary(
      RpcMethod<Q, R> method, Q request, Metadata headers) {
    return open(method, request, headers, CallOptions.DEFAULT).ended();
  }

  <Q extends Message, R extends Message> Ended<R> unary(
      RpcMethod<Q, R> method, Q request, Duration timeout) {
    return open(method, request, timeout).ended();
  }

  /** Sends one request and half-closes; the call ends by itself after this time. */
  <Q extends Message, R extends Message> WireStream<Q, R> open(
      RpcMethod<Q, R> method, Q request, Duration timeout) {
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    return open(method, request, new Metadata(), options);
  }

  /** Sends one request and half-closes. */
  <Q extends Message, R extends Message> WireStream<Q, R> open(RpcMethod<Q, R> method, Q request) {
    return open(method, request, new Metadata(), CallOptions.DEFAULT);
  }

  /** Sends one request and leaves the stream open. */
  <Q extends Message, R extends Message> WireStream<Q, R> begin(RpcMethod<Q, R> method, Q request) {
    WireStream<Q, R> stream =
        start(WireMarshaller.descriptor(method), new Metadata(), CallOptions.DEFAULT);
    stream.send(request);
    return stream;
  }

  private <Q extends Message, R extends Message> WireStream<Q, R> open(
      RpcMethod<Q, R> method, Q request, Metadata headers, CallOptions options) {
    var stream = start(WireMarshaller.descriptor(method), headers, options);
    stream.send(request);
    stream.halfClose();
    return stream;
  }

  /** Any path, messages as bytes; sends one and half-closes. */
  WireStream<byte[], byte[]> raw(String path, MethodType type, byte[] request, Metadata headers) {
    var stream = start(RawBytes.method(path, type), headers, CallOptions.DEFAULT);
    stream.send(request);
    stream.halfClose();
    return stream;
  }

  private <Q, R> WireStream<Q, R> start(
      MethodDescriptor<Q, R> method, Metadata headers, CallOptions options) {
    ClientCall<Q, R> call = channel.newCall(method, options);
    WireStream<Q, R> stream = new WireStream<>(call, ended -> noteSession(call));
    return stream.start(headers);
  }

  private void noteSession(ClientCall<?, ?> call) {
    SSLSession seen = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (seen != null) {
      session = seen;
    }
  }

  // ---- provisioning

  static ProvisionRequest provisionRequest(WireKey key, byte[] csr) {
    return ProvisionRequest.newBuilder()
        .setKeyId(ByteString.copyFrom(key.keyId()))
        .setSecret(ByteString.copyFrom(key.secret()))
        .setCsrDer(ByteString.copyFrom(csr))
        .build();
  }

  Ended<ProvisionResponse> provision(WireKey key, byte[] csr) {
    return unary(Methods.PROVISION, provisionRequest(key, csr));
  }

  // ---- what the handshake showed

  /** The leaf of the other end. */
  X509Certificate peer() {
    return trust.seen();
  }

  /** TLS version of the connection of the last call that ended. */
  String tlsVersion() {
    SSLSession seen = session;
    return seen == null ? "" : seen.getProtocol();
  }

  String alpn() {
    return trust.alpn();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
