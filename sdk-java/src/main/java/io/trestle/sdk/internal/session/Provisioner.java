package io.trestle.sdk.internal.session;

import com.google.protobuf.ByteString;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.Methods;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.internal.pki.Leaf;
import io.trestle.sdk.internal.wire.RuntimeCalls;
import io.vertx.core.Vertx;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Exchanges the bootstrap key for a leaf (wire.md 3.1): a new key pair, a channel of its own
 * without a client certificate, one call; the channel is closed on every path.
 */
final class Provisioner {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final Lane lane;
  private final HostPort runtime;
  private final BootstrapKey key;

  Provisioner(Vertx vertx, Lane lane, HostPort runtime, BootstrapKey key) {
    this.vertx = vertx;
    this.lane = lane;
    this.runtime = runtime;
    this.key = key;
  }

  /** On the lane; one of the two hears the outcome there. */
  void provision(Consumer<Leaf> issued, Consumer<SessionFailure> failed) {
    vertx
        .executeBlocking(() -> Request.create())
        .onComplete(
            made -> {
              if (made.succeeded()) {
                lane.execute(() -> send(made.result(), issued, failed));
              } else {
                lane.execute(() -> failed.accept(SessionFailure.passing("no key pair")));
              }
            });
  }

  /** A key pair with the request made of it. */
  record Request(KeyPair keys, ByteString csr) {
    static Request create() {
      KeyPair keys = CertificateRequest.newKeyPair();
      return new Request(keys, ByteString.copyFrom(CertificateRequest.create(keys)));
    }
  }

  private void send(Request request, Consumer<Leaf> issued, Consumer<SessionFailure> failed) {
    Dialer anonymous = new Dialer(vertx, null, key.ca());
    PinnedChannel channel =
        new PinnedChannel(lane, anonymous, runtime, SpiffeId.runtime(), Transport.IDLE_CHANNEL);
    ProvisionRequest message =
        ProvisionRequest.newBuilder()
            .setKeyId(ByteString.copyFrom(key.keyId()))
            .setSecret(ByteString.copyFrom(key.secret()))
            .setCsrDer(request.csr())
            .build();
    RuntimeCalls.unary(
        channel,
        Methods.PROVISION,
        message,
        TIMEOUT,
        answer -> {
          channel.close();
          accept(request, answer.getCertDer().toByteArray(), issued, failed);
        },
        status -> {
          channel.close();
          failed.accept(failure(status));
        });
  }

  private void accept(
      Request request, byte[] der, Consumer<Leaf> issued, Consumer<SessionFailure> failed) {
    Leaf leaf;
    try {
      leaf = Leaf.issued(request.keys(), der, key.ca());
    } catch (CertificateException e) {
      failed.accept(SessionFailure.passing("provision: " + e.getMessage()));
      return;
    }
    issued.accept(leaf);
  }

  private static SessionFailure failure(CallStatus status) {
    return SessionFailure.of("provision", status);
  }
}
