package io.trestle.sdk.protobuf;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.inbound.UndecodableException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Calls with generated messages. A request that does not decode never reaches the handler: its
 * caller gets {@code VALIDATION}.
 *
 * <pre>{@code
 * ProtobufRpc rpc = ProtobufRpc.of(bridge);
 * rpc.handle("place", Order.parser(), (order, context) -> Receipt.newBuilder()...build());
 * ProtobufRpc.Method<Item, Stock> reserve = rpc.method("inventory", "reserve", Stock.parser());
 * Stock stock = reserve.call(item);
 * }</pre>
 */
public final class ProtobufRpc {
  private final Rpc rpc;

  private ProtobufRpc(Rpc rpc) {
    this.rpc = rpc;
  }

  /** On a bridge. */
  public static ProtobufRpc of(ServiceBridge bridge) {
    return on(bridge.rpc());
  }

  static ProtobufRpc on(Rpc rpc) {
    return new ProtobufRpc(rpc);
  }

  /** Serves a method; may block. */
  @FunctionalInterface
  public interface Handler<Q extends Message, R extends Message> {
    /** Answers; see {@link io.trestle.sdk.RpcHandler#handle}. */
    R handle(Q request, CallContext context) throws Exception;
  }

  /** Serves a method; must not block. */
  @FunctionalInterface
  public interface AsyncHandler<Q extends Message, R extends Message> {
    /** Answers; see {@link io.trestle.sdk.AsyncRpcHandler#handle}. */
    CompletionStage<R> handle(Q request, CallContext context);
  }

  /** Serves a method; see {@link Rpc#handle}. */
  public <Q extends Message, R extends Message> void handle(
      String method, Parser<Q> requests, Handler<Q, R> handler) {
    rpc.handle(
        method,
        (payload, context) -> handler.handle(decode(requests, payload), context).toByteArray());
  }

  /** Serves a method without blocking; see {@link Rpc#handleAsync}. */
  public <Q extends Message, R extends Message> void handleAsync(
      String method, Parser<Q> requests, AsyncHandler<Q, R> handler) {
    rpc.handleAsync(
        method,
        (payload, context) -> {
          Q request;
          try {
            request = decode(requests, payload);
          } catch (UndecodableException e) {
            return CompletableFuture.failedFuture(e);
          }
          return handler.handle(request, context).thenApply(Message::toByteArray);
        });
  }

  /**
   * A method to call, to be kept and used by any thread.
   *
   * @param replies reads the answers
   */
  public <Q extends Message, R extends Message> Method<Q, R> method(
      String service, String method, Parser<R> replies) {
    return new Method<>(rpc, service, method, replies);
  }

  private static <Q extends Message> Q decode(Parser<Q> parser, byte[] payload)
      throws UndecodableException {
    try {
      return parser.parseFrom(payload);
    } catch (InvalidProtocolBufferException e) {
      throw new UndecodableException("the payload does not decode: " + e.getMessage());
    }
  }

  /** A method of another service. */
  public static final class Method<Q extends Message, R extends Message> {
    private final Rpc rpc;
    private final String service;
    private final String method;
    private final Parser<R> replies;

    private Method(Rpc rpc, String service, String method, Parser<R> replies) {
      this.rpc = rpc;
      this.service = service;
      this.method = method;
      this.replies = replies;
    }

    /** Calls and waits; see {@link Rpc#call(String, String, byte[], CallOptions)}. */
    public R call(Q request) {
      return call(request, CallOptions.DEFAULT);
    }

    /** Calls and waits; see {@link Rpc#call(String, String, byte[], CallOptions)}. */
    public R call(Q request, CallOptions options) {
      return reply(rpc.call(service, method, request.toByteArray(), options));
    }

    /** Calls; see {@link Rpc#callAsync(String, String, byte[], CallOptions)}. */
    public CompletionStage<R> callAsync(Q request, CallOptions options) {
      return rpc.callAsync(service, method, request.toByteArray(), options).thenApply(this::reply);
    }

    private R reply(byte[] payload) {
      try {
        return replies.parseFrom(payload);
      } catch (InvalidProtocolBufferException e) {
        String text = "rpc " + service + "/" + method + ": the answer does not decode";
        throw new ServiceBridgeException(ErrorCode.INTERNAL, text, e);
      }
    }
  }
}
