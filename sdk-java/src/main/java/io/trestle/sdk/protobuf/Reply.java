package io.trestle.sdk.protobuf;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.RpcMethod;
import io.trestle.sdk.ServiceBridgeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The answer of a call, decoded; cancelling it cancels the call. */
final class Reply<R> extends CompletableFuture<R> {
  static final String WHOLE = "the answer";

  private final RpcMethod method;
  private final MessageType<R> type;
  private final CompletableFuture<byte[]> call;

  private Reply(RpcMethod method, MessageType<R> type, CompletableFuture<byte[]> call) {
    this.method = method;
    this.type = type;
    this.call = call;
  }

  static <R> Reply<R> to(RpcMethod method, MessageType<R> type, CompletableFuture<byte[]> call) {
    Reply<R> reply = new Reply<>(method, type, call);
    var unused = call.whenComplete(reply::arrived);
    return reply;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean first = super.cancel(mayInterruptIfRunning);
    if (first) {
      call.cancel(mayInterruptIfRunning);
    }
    return first;
  }

  /**
   * A message of an answer.
   *
   * @param part which one, for whom it fails
   */
  static <R> R decode(RpcMethod method, String part, MessageType<R> type, byte[] payload) {
    try {
      return type.decode(payload);
    } catch (Misfit e) {
      String name = "rpc " + ProtobufRpc.name(method.service(), method.name());
      String text = name + ": " + part + " does not decode: " + e.getMessage();
      throw new ServiceBridgeException(ErrorCode.INTERNAL, text, e);
    }
  }

  private void arrived(byte @Nullable [] payload, @Nullable Throwable failure) {
    if (payload == null) {
      completeExceptionally(
          failure instanceof CompletionException e && e.getCause() != null
              ? e.getCause()
              : failure == null ? new IllegalStateException("no answer") : failure);
      return;
    }
    try {
      complete(decode(method, WHOLE, type, payload));
    } catch (RuntimeException e) {
      completeExceptionally(e);
    }
  }
}
