package io.trestle.pki;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.PeerClient;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.protocol.v1.RefreshCertRequest;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.trestle.protocol.v1.ServerControl;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.ServiceName;
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
  private final PeerClient client;
  private final SocketAddress target;

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
    this.client = PeerClient.create(vertx, identity, root, Transport.MAX_MESSAGE);
    this.target = SocketAddress.inetSocketAddress(port, "127.0.0.1");
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
    return client
        .request(target, SpiffeId.runtime())
        .compose(
            call -> {
              String[] path = method.path().substring(1).split("/", 2);
              call.serviceName(ServiceName.create(path[0])).methodName(path[1]);
              call.end(Buffer.buffer(request.toByteArray()));
              return answer(call);
            })
        .compose(response -> reply(method, response));
  }

  private static Future<GrpcClientResponse<Buffer, Buffer>> answer(
      GrpcClientRequest<Buffer, Buffer> call) {
    return call.response();
  }

  private static <R extends Message> Future<Reply<R>> reply(
      RpcMethod<?, R> method, GrpcClientResponse<Buffer, Buffer> response) {
    Buffer[] body = new Buffer[1];
    response.handler(message -> body[0] = message);
    return response
        .end()
        .transform(
            ended -> {
              try {
                int status = response.status() == null ? 2 : response.status().code;
                R message =
                    body[0] == null ? null : method.response().parseFrom(body[0].getBytes());
                String text = response.statusMessage();
                return Future.succeededFuture(
                    new Reply<>(StatusCode.of(status), text == null ? "" : text, message));
              } catch (InvalidProtocolBufferException e) {
                return Future.failedFuture(e);
              }
            });
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
    TestHouse.await(client.close());
  }
}
