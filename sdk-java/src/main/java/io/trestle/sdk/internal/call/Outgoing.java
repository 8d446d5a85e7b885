package io.trestle.sdk.internal.call;

import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RpcStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Makes calls of other services, however they get there. Any thread. */
public interface Outgoing {

  /** Starts a call; the future fails with what applications see. */
  CompletableFuture<byte[]> call(
      String service, String method, String contractHash, byte[] payload, CallOptions options);

  /** Starts a call whose answer is a stream, to be read by waiting. */
  RpcStream stream(
      String service, String method, String contractHash, byte[] payload, CallOptions options);

  /** A call whose answer is a stream, started anew for each subscriber. */
  Flow.Publisher<byte[]> publisher(
      String service, String method, String contractHash, byte[] payload, CallOptions options);
}
