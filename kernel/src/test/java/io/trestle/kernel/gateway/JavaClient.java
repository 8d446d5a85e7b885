package io.trestle.kernel.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.trestle.RawBytes;
import io.trestle.protocol.transport.Identity;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A client that shares nothing with the listener: grpc-java on the TLS of the JDK, messages as
 * bytes.
 */
final class JavaClient implements AutoCloseable {
  private final ManagedChannel channel;

  private JavaClient(ManagedChannel channel) {
    this.channel = channel;
  }

  /** How a call ended. */
  record Ended(Status status, Metadata trailers, List<byte[]> messages) {
    Status.Code code() {
      return status.getCode();
    }

    String message() {
      return String.valueOf(status.getDescription());
    }

    boolean notDispatched() {
      Metadata.Key<String> key =
          Metadata.Key.of("x-sb-not-dispatched", Metadata.ASCII_STRING_MARSHALLER);
      return "1".equals(trailers.get(key));
    }

    /** The only message, of a call that ended well. */
    String text() {
      if (!status.isOk() || messages.size() != 1) {
        throw new AssertionError(status + " with " + messages.size() + " messages");
      }
      try {
        return StringValue.parseFrom(messages.get(0)).getValue();
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
  }

  static JavaClient connect(int port, @Nullable Identity identity, X509Certificate ca) {
    try {
      SslContextBuilder tls =
          GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
              .trustManager(ca);
      if (identity != null) {
        tls.keyStoreType("JKS").keyManager(identity.key(), identity.chain()); // PKCS12 is slow
      }
      return new JavaClient(
          NettyChannelBuilder.forAddress("127.0.0.1", port)
              .overrideAuthority("localhost")
              .sslContext(tls.build())
              .maxInboundMessageSize(64 << 20)
              .build());
    } catch (SSLException e) {
      throw new AssertionError(e);
    }
  }

  Ended unary(String path, String text) {
    return unary(path, StringValue.of(text).toByteArray(), CallOptions.DEFAULT);
  }

  Ended unary(String path, byte[] request, CallOptions options) {
    Stream stream = open(path, MethodDescriptor.MethodType.UNARY, options);
    stream.send(request);
    stream.halfClose();
    return stream.ended();
  }

  Stream open(String path, MethodDescriptor.MethodType type) {
    return open(path, type, CallOptions.DEFAULT);
  }

  Stream open(String path, MethodDescriptor.MethodType type, CallOptions options) {
    return new Stream(channel.newCall(RawBytes.method(path, type), options));
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(60, TimeUnit.SECONDS);
  }

  /** One call under way; asks for all messages unless told otherwise. */
  static final class Stream extends ClientCall.Listener<byte[]> {
    final List<byte[]> messages = new CopyOnWriteArrayList<>();
    private final ClientCall<byte[], byte[]> call;
    private final CompletableFuture<Ended> ended = new CompletableFuture<>();

    private Stream(ClientCall<byte[], byte[]> call) {
      this.call = call;
      call.start(this, new Metadata());
      call.request(Integer.MAX_VALUE);
    }

    void send(byte[] message) {
      call.sendMessage(message);
    }

    void sendText(String text) {
      send(StringValue.of(text).toByteArray());
    }

    void halfClose() {
      call.halfClose();
    }

    void cancel() {
      call.cancel("the test cancels", null);
    }

    boolean isReady() {
      return call.isReady();
    }

    List<String> texts() {
      return messages.stream().map(Stream::text).toList();
    }

    Ended ended() {
      try {
        return ended.get(GatewayFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new AssertionError("the call did not end: " + e, e);
      }
    }

    boolean isOver() {
      return ended.isDone();
    }

    @Override
    public void onMessage(byte[] message) {
      messages.add(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ended.complete(new Ended(status, trailers, messages));
    }

    private static String text(byte[] message) {
      try {
        return StringValue.parseFrom(message).getValue();
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(Arrays.toString(message), e);
      }
    }
  }
}
