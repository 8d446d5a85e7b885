package io.trestle.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.trestle.RawBytes;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** The wire as somebody else's client speaks it: grpc-java, without any of our transport. */
final class WireClient implements AutoCloseable {
  private final ManagedChannel channel;

  private WireClient(ManagedChannel channel) {
    this.channel = channel;
  }

  /** A new instance of the service of a key, connected with its leaf. */
  static WireClient provision(String grpc, String key) {
    BootstrapKey parsed = BootstrapKey.parse(key);
    KeyPair pair = CertificateRequest.newKeyPair();
    try (WireClient anonymous = new WireClient(channel(grpc, tls(parsed.ca())))) {
      ProvisionResponse leaf =
          Methods.PROVISION
              .response()
              .parseFrom(
                  anonymous
                      .start(
                          Methods.PROVISION,
                          ProvisionRequest.newBuilder()
                              .setKeyId(ByteString.copyFrom(parsed.keyId()))
                              .setSecret(ByteString.copyFrom(parsed.secret()))
                              .setCsrDer(ByteString.copyFrom(CertificateRequest.create(pair)))
                              .build())
                      .ended()
                      .only());
      SslContextBuilder own =
          tls(parsed.ca())
              .keyStoreType("JKS")
              .keyManager(pair.getPrivate(), certificate(leaf.getCertDer()));
      return new WireClient(channel(grpc, own));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static SslContextBuilder tls(X509Certificate ca) {
    return GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
        .trustManager(ca);
  }

  private static ManagedChannel channel(String grpc, SslContextBuilder tls) {
    try {
      return NettyChannelBuilder.forTarget(grpc)
          .overrideAuthority("localhost")
          .sslContext(tls.build())
          .build();
    } catch (SSLException e) {
      throw new AssertionError(e);
    }
  }

  private static X509Certificate certificate(ByteString der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509").generateCertificate(der.newInput());
    } catch (CertificateException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends one request and closes this side. */
  <Q extends Message, R extends Message> Running start(RpcMethod<Q, R> method, Q request) {
    MethodDescriptor<byte[], byte[]> descriptor =
        RawBytes.method(method.path(), MethodType.SERVER_STREAMING);
    Running running = new Running(channel.newCall(descriptor, CallOptions.DEFAULT));
    running.send(request.toByteArray());
    return running;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** How a call ended. */
  record Ended(Status status, Metadata trailers, List<byte[]> messages) {
    boolean notDispatched() {
      Metadata.Key<String> key =
          Metadata.Key.of(HeaderNames.NOT_DISPATCHED, Metadata.ASCII_STRING_MARSHALLER);
      return HeaderNames.NOT_DISPATCHED_VALUE.equals(trailers.get(key));
    }

    byte[] only() {
      if (!status.isOk() || messages.size() != 1) {
        throw new AssertionError(status + " with " + messages.size() + " messages");
      }
      return messages.get(0);
    }
  }

  /** A call under way. */
  static final class Running extends ClientCall.Listener<byte[]> {
    private final List<byte[]> messages = new CopyOnWriteArrayList<>();
    private final ClientCall<byte[], byte[]> call;
    private final CompletableFuture<Ended> ended = new CompletableFuture<>();

    private Running(ClientCall<byte[], byte[]> call) {
      this.call = call;
      call.start(this, new Metadata());
      call.request(Integer.MAX_VALUE);
    }

    private void send(byte[] request) {
      call.sendMessage(request);
      call.halfClose();
    }

    List<byte[]> messages() {
      return messages;
    }

    Ended ended() {
      try {
        return ended.get(30, TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new AssertionError("the call did not end: " + e, e);
      }
    }

    @Override
    public void onMessage(byte[] message) {
      messages.add(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ended.complete(new Ended(status, trailers, messages));
    }
  }
}
