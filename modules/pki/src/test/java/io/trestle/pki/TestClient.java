package io.trestle.pki;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.protocol.v1.RefreshCertRequest;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A client of the wire: over one connection, with or without an identity. */
final class TestClient implements AutoCloseable {
  private final PinnedChannel channel;

  /** What came back. */
  record Reply<R>(StatusCode status, String message, @Nullable R body) {
    R ok() {
      R value = body;
      if (value == null) {
        throw new AssertionError(status + " " + message);
      }
      return value;
    }
  }

  /** A leaf with its key. */
  record Instance(Identity identity, ProvisionResponse response) {
    TestClient connect(TestHouse house) {
      return new TestClient(house, identity, root(response.getCaChainDer()));
    }
  }

  TestClient(TestHouse house, @Nullable Identity identity, X509Certificate root) {
    this(house.vertx(), house.port(), identity, root);
  }

  private TestClient(Vertx vertx, int port, @Nullable Identity identity, X509Certificate root) {
    this.channel =
        new PinnedChannel(
            Lane.create(vertx),
            new Dialer(vertx, identity, root),
            new HostPort("127.0.0.1", port),
            SpiffeId.runtime(),
            Transport.IDLE_CHANNEL);
  }

  static Instance provision(TestHouse house, BootstrapKey key) {
    KeyPair pair = CertificateRequest.newKeyPair();
    try (TestClient anonymous = new TestClient(house, null, key.ca())) {
      ProvisionResponse response =
          anonymous.provision(key.keyId(), key.secret(), CertificateRequest.create(pair)).ok();
      return new Instance(Identity.of(pair.getPrivate(), root(response.getCertDer())), response);
    }
  }

  Reply<ProvisionResponse> provision(byte[] keyId, byte[] secret, byte[] csr) {
    return call(Methods.PROVISION, request(keyId, secret, csr));
  }

  static ProvisionRequest request(byte[] keyId, byte[] secret, byte[] csr) {
    return ProvisionRequest.newBuilder()
        .setKeyId(ByteString.copyFrom(keyId))
        .setSecret(ByteString.copyFrom(secret))
        .setCsrDer(ByteString.copyFrom(csr))
        .build();
  }

  Reply<RefreshCertResponse> refresh() {
    return refresh(CertificateRequest.create(CertificateRequest.newKeyPair()));
  }

  Reply<RefreshCertResponse> refresh(byte[] csr) {
    return call(
        Methods.REFRESH_CERT,
        RefreshCertRequest.newBuilder().setCsrDer(ByteString.copyFrom(csr)).build());
  }

  /** A session that is open when this returns; completes when it ends. */
  Future<Reply<ServerControl>> openSession(TestHouse house, Instance instance) {
    Future<Reply<ServerControl>> ended = send(Methods.OPEN, OpenRequest.getDefaultInstance());
    UUID id = UUID.fromString(instance.response().getInstanceId());
    Awaitility.await().until(() -> house.sessions().contains(id));
    return ended;
  }

  <Q extends Message, R extends Message> Reply<R> call(RpcMethod<Q, R> method, Q request) {
    return TestHouse.await(send(method, request));
  }

  <Q extends Message, R extends Message> Future<Reply<R>> send(RpcMethod<Q, R> method, Q request) {
    Promise<Reply<R>> reply = Promise.promise();
    GrpcExchange.Outgoing outgoing =
        new GrpcExchange.Outgoing(method.path(), Frames.of(request), 0, "", Transport.MAX_MESSAGE);
    Answer<R> answer = new Answer<>(method, reply);
    channel
        .lane()
        .execute(
            () ->
                channel.connect(
                    PinnedChannel.Waiter.of(
                        connection -> GrpcExchange.start(connection, outgoing, answer),
                        reply::fail)));
    return reply.future();
  }

  private static final class Answer<R extends Message> implements GrpcExchange.Listener {
    private final RpcMethod<?, R> method;
    private final Promise<Reply<R>> reply;
    private @Nullable R body;

    Answer(RpcMethod<?, R> method, Promise<Reply<R>> reply) {
      this.method = method;
      this.reply = reply;
    }

    @Override
    public void onMessage(ByteBuf message) {
      try {
        body = method.response().parseFrom(ByteBufUtil.getBytes(message));
      } catch (InvalidProtocolBufferException e) {
        reply.tryFail(e);
      }
    }

    @Override
    public void onEnd(CallStatus status) {
      reply.tryComplete(new Reply<>(status.code(), status.message(), body));
    }
  }

  static X509Certificate root(ByteString der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der.toByteArray()));
    } catch (CertificateException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    channel.close();
  }
}
