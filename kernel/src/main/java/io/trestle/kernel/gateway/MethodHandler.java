package io.trestle.kernel.gateway;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.function.Function;

/**
 * One row of a method table: where a method is reached, who may, how large a request may be, and
 * who handles it. The gateway decodes; a handler translates in a few lines and answers by a
 * conversation.
 */
public sealed interface MethodHandler {
  /** Full path, such as {@code /servicebridge.v1.Control/Open}. */
  String path();

  /** Who may call it. */
  Access access();

  /** Largest request message in bytes; larger is {@code RESOURCE_EXHAUSTED}. */
  int maxRequestBytes();

  /** Default limit: 4 MiB for the message and 64 KiB for what surrounds a payload. */
  int DEFAULT_MAX_REQUEST_BYTES = (4 << 20) + (64 << 10);

  /**
   * One message in, one out. The future may fail with {@link GrpcFailure}, {@code Refused} or
   * anything (INTERNAL).
   */
  record Unary<I extends MessageLite, O extends MessageLite>(
      String path,
      Access access,
      int maxRequestBytes,
      Parser<I> parser,
      UnaryFunction<I, O> function)
      implements MethodHandler {}

  /** One message in, many out, until the handler ends the call. */
  record ServerStreaming<I extends MessageLite, O extends MessageLite>(
      String path,
      Access access,
      int maxRequestBytes,
      Parser<I> parser,
      StreamFunction<I, O> function)
      implements MethodHandler {}

  /**
   * Many in, many out.
   *
   * @param encoder writes an answer with its frame header, on the thread that sends
   */
  record Bidirectional<I extends MessageLite, O>(
      String path,
      Access access,
      int maxRequestBytes,
      Parser<I> parser,
      Function<O, Buffer> encoder,
      BidiFunction<I, O> function)
      implements MethodHandler {

    /** Answers are messages. */
    public static <I extends MessageLite, O extends MessageLite> Bidirectional<I, O> of(
        String path,
        Access access,
        int maxRequestBytes,
        Parser<I> parser,
        BidiFunction<I, O> function) {
      return new Bidirectional<>(path, access, maxRequestBytes, parser, Frames::frame, function);
    }
  }

  /** One message in, one frame out, handled as bytes: payloads pass through undecoded. */
  record RawUnary(String path, Access access, int maxRequestBytes, RawFunction function)
      implements MethodHandler {}

  /** One message in, many frames out, handled as bytes, until the handler ends the call. */
  record RawStreaming(String path, Access access, int maxRequestBytes, RawStreamFunction function)
      implements MethodHandler {}

  /** Whether it works for an application, so that a kernel that leaves waits for its end. */
  default boolean isCall() {
    return this instanceof Unary || this instanceof RawUnary || this instanceof RawStreaming;
  }

  /** Handles a unary call on the event loop of its connection. */
  @FunctionalInterface
  interface UnaryFunction<I extends MessageLite, O extends MessageLite> {
    Future<O> handle(Call call, I request);
  }

  /** Handles a server-streaming call on the event loop of its connection. */
  @FunctionalInterface
  interface StreamFunction<I extends MessageLite, O extends MessageLite> {
    void handle(Call call, I request, Outbound<O> out);
  }

  /** Handles a bidirectional call: returns what receives the client's messages. */
  @FunctionalInterface
  interface BidiFunction<I extends MessageLite, O> {
    Inbound<I> handle(Call call, Outbound<O> out);
  }

  /**
   * Handles a unary call as bytes on the event loop of its connection. The answer comes with its
   * frame header, so that whoever passes on what it received copies it once.
   */
  @FunctionalInterface
  interface RawFunction {
    Future<Buffer> handle(Call call, Buffer request);
  }

  /** Handles a streaming call as bytes; each message comes with its frame header. */
  @FunctionalInterface
  interface RawStreamFunction {
    void handle(Call call, Buffer request, Outbound<Buffer> out);
  }

  /** Receives the messages of a bidirectional call on the event loop of its connection. */
  interface Inbound<I> {
    /** One message. The next is delivered when the future completes: this is the back-pressure. */
    Future<Void> message(I message);

    /** The client sends no more. */
    void halfClosed();
  }

  /** Sends the messages of a streaming call. Every method may be called from any thread. */
  interface Outbound<O> {
    /**
     * Sends one message; completes when the transport took it. Writers wait for it before the next
     * one: this is the back-pressure. May be complete already; to send again from its completion is
     * safe, the stack does not grow with the number of messages. Fails when the call is over.
     */
    Future<Void> send(O message);

    /** Ends with OK. Idempotent; later sends fail. */
    void end();

    /** Ends with a status. Idempotent. */
    void fail(GrpcFailure failure);
  }
}
