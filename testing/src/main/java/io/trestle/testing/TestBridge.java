package io.trestle.testing;

import io.trestle.protocol.events.EventPattern;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Contract;
import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.RpcHandler;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.TraceItem;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.MemoryBridge;
import io.trestle.sdk.internal.MemoryResponder;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.TypedSchema;
import io.trestle.sdk.protobuf.TypedStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A bridge for tests of applications: the real one, whose network edges are in memory (rpc.md 8.3).
 * It needs no runtime and starts in milliseconds. The test calls the handlers, with the whole way
 * of a call (encode, dispatch, decode, and errors as a caller sees them), and answers the calls the
 * application makes. Thread-safe.
 *
 * <p>What the application publishes is kept, and delivered once to its own handlers that match;
 * {@link #settle} waits for them. A test delivers events of others with {@link #deliver}.
 *
 * <p>Not simulated: registry, policy, retries, idempotency, network. Every method can be called, by
 * anybody. An event that a handler refuses does not come again.
 *
 * <pre>{@code
 * try (TestBridge shop = TestBridge.create()) {
 *   Shop.declare(shop.bridge());
 *   shop.respond("inventory", "Reserve", reserve, (item, context) -> new Stock(5));
 *   shop.start();
 *   Receipt receipt = shop.invoke("Place", place, new Order("tea"));
 *   assertThat(shop.calls()).hasSize(1);
 * }
 * }</pre>
 */
public final class TestBridge implements AutoCloseable {
  private static final String SERVICE = "service-under-test";

  private final Responders responders = new Responders();
  private final MemoryBridge memory;

  private TestBridge(CallOptions callDefaults) {
    this.memory = new MemoryBridge(SERVICE, callDefaults, responders);
  }

  /** A bridge, not started. */
  public static TestBridge create() {
    return create(CallOptions.DEFAULT);
  }

  /** The same with defaults for every call it makes. */
  public static TestBridge create(CallOptions callDefaults) {
    return new TestBridge(callDefaults);
  }

  /** What the application gets: declare its handlers and clients on it, before the start. */
  public ServiceBridge bridge() {
    return memory.bridge();
  }

  /** Starts the bridge; see {@link ServiceBridge#start}. */
  public void start() {
    bridge().start();
  }

  /** Stops it: waits up to 1 s for handlers that run, then interrupts them. Idempotent. */
  public void stop() {
    bridge().stop();
  }

  /** {@link #stop}. */
  @Override
  public void close() {
    stop();
  }

  /** Forgets what was called and published, and who answers. */
  public void reset() {
    responders.reset();
    memory.reset();
  }

  /** {@link #invoke(String, TypedSchema, Object, Invocation)} with the defaults. */
  public <Q, R> R invoke(String method, TypedSchema<Q, R> schema, Q request) {
    return invoke(method, schema, request, Invocation.DEFAULT);
  }

  /**
   * Calls a handler of the application and waits.
   *
   * @throws HandlerException if it failed, with its own code or {@code INTERNAL}
   * @throws NoLiveInstanceException if it serves another contract
   * @throws ServiceBridgeException {@code NOT_FOUND} for an unknown method, {@code VALIDATION} for
   *     one that answers with a stream, {@code TIMEOUT} after the deadline
   * @throws StateException before the start
   */
  public <Q, R> R invoke(String method, TypedSchema<Q, R> schema, Q request, Invocation how) {
    return method(method, schema, how).call(request, how.options());
  }

  /** The same without waiting; cancelling the future cancels the call. */
  public <Q, R> CompletableFuture<R> invokeAsync(
      String method, TypedSchema<Q, R> schema, Q request, Invocation how) {
    return method(method, schema, how).callAsync(request, how.options());
  }

  /** With bytes, whatever contract the handler has: also such as do not decode. */
  public byte[] invoke(String method, byte[] request, Invocation how) {
    return visitor(how).rpc().call(SERVICE, method, request, how.options());
  }

  /** The same without waiting; cancelling the future cancels the call. */
  public CompletableFuture<byte[]> invokeAsync(String method, byte[] request, Invocation how) {
    return visitor(how).rpc().callAsync(SERVICE, method, request, how.options());
  }

  /**
   * Calls a handler that answers with a stream, and gathers all of it.
   *
   * @throws HandlerException if it failed, also midway; to see what came before, {@link
   *     #openStream(String, TypedSchema, Object, Invocation)}
   * @throws ServiceBridgeException as {@link #invoke(String, TypedSchema, Object, Invocation)};
   *     {@code VALIDATION} if the method answers with one message
   */
  public <Q, R> List<R> invokeStream(
      String method, TypedSchema<Q, R> schema, Q request, Invocation how) {
    try (TypedStream<R> stream = openStream(method, schema, request, how)) {
      return gathered(stream);
    }
  }

  /** With bytes, whatever contract the handler has. */
  public List<byte[]> invokeStream(String method, byte[] request, Invocation how) {
    try (RpcStream stream = openStream(method, request, how)) {
      return gathered(stream);
    }
  }

  /** Calls a handler that answers with a stream, to be read one by one; closing it cancels. */
  public <Q, R> TypedStream<R> openStream(
      String method, TypedSchema<Q, R> schema, Q request, Invocation how) {
    return method(method, schema, how).stream(request, how.options());
  }

  /** With bytes, whatever contract the handler has. */
  public RpcStream openStream(String method, byte[] request, Invocation how) {
    return visitor(how).rpc().stream(SERVICE, method, request, how.options());
  }

  /**
   * Answers calls of the application to a method, from now on; the last responder counts. A call
   * with another contract, or to a method without responder, is recorded and fails with {@code
   * NO_LIVE_INSTANCE}.
   *
   * @param answer runs on a thread of its own; what it throws reaches the application as if a
   *     handler had thrown it
   */
  public <Q, R> void respond(
      String service, String method, TypedSchema<Q, R> schema, ProtobufRpc.Handler<Q, R> answer) {
    serve(
        service,
        method,
        responder -> ProtobufRpc.on(responder.rpc()).handle(method, schema, answer));
  }

  /** Answers calls without schema. */
  public void respond(String service, String method, RpcHandler answer) {
    serve(service, method, responder -> responder.rpc().handle(method, Contract.NONE, answer));
  }

  /** Answers calls with a stream; otherwise as {@link #respond}. */
  public <Q, R> void respondStream(
      String service,
      String method,
      TypedSchema<Q, R> schema,
      ProtobufRpc.StreamHandler<Q, R> answer) {
    serve(
        service,
        method,
        responder -> ProtobufRpc.on(responder.rpc()).handleStream(method, schema, answer));
  }

  /** Answers calls without schema with a stream. */
  public void respondStream(String service, String method, StreamHandler answer) {
    serve(
        service, method, responder -> responder.rpc().handleStream(method, Contract.NONE, answer));
  }

  /** The calls the application made since the last {@link #reset}, in order. */
  public List<RecordedCall> calls() {
    return responders.calls();
  }

  /**
   * The events the application published since the last {@link #reset}, in order.
   *
   * @throws StateException before the start
   */
  public List<RecordedEvent> events() {
    return memory.events().published().stream()
        .map(
            p ->
                new RecordedEvent(
                    p.envelope().id(),
                    p.envelope().name(),
                    p.envelope().payload().clone(),
                    p.options()))
        .toList();
  }

  /**
   * What handlers wrote to their traces since the last {@link #reset}, in order; the end of each
   * handler that asked for its stream is a {@code Complete}.
   *
   * @throws StateException before the start
   */
  public List<TraceItem> traceItems() {
    return memory.traces().items();
  }

  /**
   * Waits until the handlers of the application have had what it published so far, at most 10 s.
   *
   * @throws EventRefusal if a handler asked for another attempt or rejected an event
   * @throws HandlerException {@code INTERNAL} with its text if one failed otherwise
   * @throws ServiceBridgeException {@code TIMEOUT} if it takes longer
   */
  public void settle() {
    EventWait.on(memory.events().settled());
  }

  /** {@link #deliver(String, EventSchema, Object, PublishOptions, int)} as the first attempt. */
  public <T> void deliver(String name, EventSchema<T> schema, T payload) {
    deliver(name, schema, payload, PublishOptions.DEFAULT, 1);
  }

  /**
   * Delivers an event as if another service had published it, to all handlers of the application
   * that match by pattern and filter, one after another, and waits for them, at most 10 s. It is
   * not among {@link #events}.
   *
   * @param options keys, headers, time and trace of the event
   * @param attempt which attempt handlers see, from 1
   * @throws EventRefusal if a handler asked for another attempt or rejected the event
   * @throws HandlerException {@code INTERNAL} with its text if one failed otherwise
   * @throws ServiceBridgeException {@code TIMEOUT} if it takes longer
   * @throws ValidationException if no handler matches
   * @throws StateException before the start
   */
  public <T> void deliver(
      String name, EventSchema<T> schema, T payload, PublishOptions options, int attempt) {
    EventWait.on(memory.events().deliver(name, schema, payload, options, attempt));
  }

  /**
   * Whether a subscription gets an event, by their names alone.
   *
   * @throws ValidationException if the pattern is none
   */
  public static boolean matchPattern(String pattern, String name) {
    String problem = EventPattern.problem(pattern);
    if (problem != null) {
      throw new ValidationException("pattern: " + problem);
    }
    return EventPattern.parse(pattern).matches(name);
  }

  private void serve(String service, String method, Consumer<MemoryResponder> declare) {
    MemoryResponder responder = visitor(Invocation.DEFAULT);
    declare.accept(responder);
    responders.put(service, method, responder);
  }

  private <Q, R> ProtobufRpc.Method<Q, R> method(
      String method, TypedSchema<Q, R> schema, Invocation how) {
    return ProtobufRpc.on(visitor(how).rpc()).method(SERVICE, method, schema);
  }

  private MemoryResponder visitor(Invocation how) {
    return memory.visitor(how.caller());
  }

  private static <T> List<T> gathered(Iterator<T> stream) {
    List<T> all = new ArrayList<>();
    stream.forEachRemaining(all::add);
    return all;
  }
}
