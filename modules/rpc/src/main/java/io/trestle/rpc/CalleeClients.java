package io.trestle.rpc;

import io.trestle.conversations.Callables.Offer;
import io.trestle.kernel.RuntimeIdentity;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.UUID;

/**
 * Connections for unary calls and others for streams. What a stream has under way when its caller
 * stops reading lies in the runtime until he goes on, beside 64 KiB or one chunk that wait for him
 * (rpc.md 3.2): streams get a small window, so that many of them fit into memory, and unary calls
 * the usual one, which large payloads need.
 */
final class CalleeClients {
  private static final int STREAM_WINDOW = 128 << 10;

  private final CalleeClient calls;
  private final CalleeClient streams;
  private final List<CalleeClient> all;

  CalleeClients(Vertx vertx, RuntimeIdentity runtime) {
    this.calls = new CalleeClient(vertx, runtime, Transport.STREAM_WINDOW);
    this.streams = new CalleeClient(vertx, runtime, STREAM_WINDOW);
    this.all = List.of(calls, streams);
  }

  CalleeClient ofCalls() {
    return calls;
  }

  CalleeClient ofStreams() {
    return streams;
  }

  /** See {@link CalleeClient#retain}. */
  void retain(Offer offer) {
    all.forEach(client -> client.retain(offer));
  }

  /** See {@link CalleeClient#cutService}. */
  void cutService(UUID service) {
    all.forEach(client -> client.cutService(service));
  }

  /** See {@link CalleeClient#cutInstance}. */
  void cutInstance(UUID instance) {
    all.forEach(client -> client.cutInstance(instance));
  }

  void close() {
    all.forEach(CalleeClient::close);
  }
}
