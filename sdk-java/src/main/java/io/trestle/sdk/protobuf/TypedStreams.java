package io.trestle.sdk.protobuf;

import io.trestle.sdk.AsyncStreamHandler;
import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.inbound.UndecodableException;
import java.util.concurrent.CompletableFuture;

/** Handlers of typed streams as handlers of bytes. */
final class TypedStreams {
  private TypedStreams() {}

  static <Q, R> StreamHandler blocking(
      TypedSchema<Q, R> schema, ProtobufRpc.StreamHandler<Q, R> handler) {
    return (payload, context, out) ->
        handler.handle(schema.request(payload), context, new Encoding<>(schema.replies(), out));
  }

  static <Q, R> AsyncStreamHandler async(
      TypedSchema<Q, R> schema, ProtobufRpc.AsyncStreamHandler<Q, R> handler) {
    return (payload, context, out) -> {
      Q request;
      try {
        request = schema.request(payload);
      } catch (UndecodableException e) {
        return CompletableFuture.failedFuture(e);
      }
      return handler.handle(request, context, new Encoding<>(schema.replies(), out));
    };
  }

  private record Encoding<R>(MessageType<R> type, ChunkWriter out) implements TypedWriter<R> {
    @Override
    public void send(R message) {
      out.send(type.encode(message));
    }

    @Override
    public CompletableFuture<Void> sendAsync(R message) {
      byte[] chunk;
      try {
        chunk = type.encode(message);
      } catch (ValidationException e) {
        return CompletableFuture.failedFuture(e);
      }
      return out.sendAsync(chunk);
    }
  }
}
