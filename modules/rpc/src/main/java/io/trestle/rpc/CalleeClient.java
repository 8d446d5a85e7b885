package io.trestle.rpc;

import io.trestle.conversations.Callables.Instance;
import io.trestle.kernel.RuntimeIdentity;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.PeerClient;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClientRequest;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to Call servers under the runtime's certificate. A renewed certificate shows in new
 * connections only; calls in flight go on.
 */
final class CalleeClient {
  private static final Logger LOG = LoggerFactory.getLogger(CalleeClient.class);

  private final AtomicReference<PeerClient> client = new AtomicReference<>();

  CalleeClient(Vertx vertx, RuntimeIdentity runtime) {
    runtime.listen(
        (identity, authority) -> {
          PeerClient known = client.get();
          if (known == null) {
            client.set(PeerClient.create(vertx, identity, authority, Transport.MAX_MESSAGE));
          } else {
            known
                .rotate(identity)
                .onFailure(e -> LOG.error("runtime certificate not in use for calls", e));
          }
        });
  }

  /**
   * Opens a call to exactly this instance of this service. A failure proves that nothing was sent.
   */
  Future<GrpcClientRequest<Buffer, Buffer>> open(UUID service, Instance instance) {
    Optional<HostPort> target = HostPort.parse(instance.callEndpoint());
    PeerClient peers = client.get();
    if (target.isEmpty() || peers == null) {
      return Future.failedFuture("endpoint '" + instance.callEndpoint() + "' is not usable");
    }
    SocketAddress address =
        SocketAddress.inetSocketAddress(target.get().port(), target.get().host());
    return peers.request(
        address, SpiffeId.service(service.toString(), instance.instanceId().toString()));
  }

  Future<Void> close() {
    PeerClient known = client.get();
    return known == null ? Future.succeededFuture() : known.close();
  }
}
