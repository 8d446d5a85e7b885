package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.RpcMethod;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.inbound.UndecodableException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;

/**
 * Calls with typed messages. The types decide the contract: a caller reaches exactly the instances
 * that serve the same one (rpc.md 7.3). A request that does not decode never reaches the handler:
 * its caller gets {@code VALIDATION}. Thread-safe.
 *
 * <pre>{@code
 * ProtobufRpc rpc = ProtobufRpc.of(bridge);
 * rpc.handle("place", Order.class, Receipt.class, (order, context) -> Receipt.newBuilder()...build());
 * ProtobufRpc.Method<Item, Stock> reserve = rpc.method("inventory", "reserve", Item.class, Stock.class);
 * Stock stock = reserve.call(item);
 * }</pre>
 */
public final class ProtobufRpc {
  private final Rpc rpc;
  private final BiConsumer<String, ServiceDeps> dependencies;
  private final ConcurrentMap<String, TypedSchema<Map<String, Object>, Map<String, Object>>>
      schemas = new ConcurrentHashMap<>();

  private ProtobufRpc(Rpc rpc, BiConsumer<String, ServiceDeps> dependencies) {
    this.rpc = rpc;
    this.dependencies = dependencies;
  }

  /** On a bridge. Keep it: schemas given with {@link #useSchema} are known to this object. */
  public static ProtobufRpc of(ServiceBridge bridge) {
    return new ProtobufRpc(bridge.rpc(), bridge::service);
  }

  /** On calls alone: clients declare nothing. Tests use it; applications {@link #of}. */
  public static ProtobufRpc on(Rpc rpc) {
    return new ProtobufRpc(rpc, (service, deps) -> {});
  }

  /** Serves a method; may block. */
  @FunctionalInterface
  public interface Handler<Q, R> {
    /** Answers; see {@link io.trestle.sdk.RpcHandler#handle}. */
    R handle(Q request, CallContext context) throws Exception;
  }

  /** Serves a method; must not block. */
  @FunctionalInterface
  public interface AsyncHandler<Q, R> {
    /** Answers; see {@link io.trestle.sdk.AsyncRpcHandler#handle}. */
    CompletionStage<R> handle(Q request, CallContext context);
  }

  /** Serves a method with a stream of messages; may block. */
  @FunctionalInterface
  public interface StreamHandler<Q, R> {
    /** Answers; see {@link io.trestle.sdk.StreamHandler#handle}. */
    void handle(Q request, CallContext context, TypedWriter<R> out) throws Exception;
  }

  /** Serves a method with a stream of messages; must not block. */
  @FunctionalInterface
  public interface AsyncStreamHandler<Q, R> {
    /** Answers; see {@link io.trestle.sdk.AsyncStreamHandler#handle}. */
    CompletionStage<Void> handle(Q request, CallContext context, TypedWriter<R> out);
  }

  /** Serves a method with generated messages; see {@link Rpc#handle}. */
  public <Q extends Message, R extends Message> void handle(
      String method, Class<Q> requests, Class<R> replies, Handler<Q, R> handler) {
    handle(method, TypedSchema.of(requests, replies), handler);
  }

  /** Serves a method; see {@link Rpc#handle}. */
  public <Q, R> void handle(String method, TypedSchema<Q, R> schema, Handler<Q, R> handler) {
    schema.answers().check(method, false);
    rpc.handle(
        method,
        schema.contract(),
        (payload, context) ->
            schema.replies().encode(handler.handle(schema.request(payload), context)));
  }

  /** Serves a method with generated messages without blocking; see {@link Rpc#handleAsync}. */
  public <Q extends Message, R extends Message> void handleAsync(
      String method, Class<Q> requests, Class<R> replies, AsyncHandler<Q, R> handler) {
    handleAsync(method, TypedSchema.of(requests, replies), handler);
  }

  /** Serves a method without blocking; see {@link Rpc#handleAsync}. */
  public <Q, R> void handleAsync(
      String method, TypedSchema<Q, R> schema, AsyncHandler<Q, R> handler) {
    schema.answers().check(method, false);
    rpc.handleAsync(
        method,
        schema.contract(),
        (payload, context) -> {
          Q request;
          try {
            request = schema.request(payload);
          } catch (UndecodableException e) {
            return CompletableFuture.failedFuture(e);
          }
          return handler.handle(request, context).thenApply(schema.replies()::encode);
        });
  }

  /** Serves a method with a stream of generated messages; see {@link Rpc#handleStream}. */
  public <Q extends Message, R extends Message> void handleStream(
      String method, Class<Q> requests, Class<R> replies, StreamHandler<Q, R> handler) {
    handleStream(method, TypedSchema.of(requests, replies), handler);
  }

  /** Serves a method with a stream of messages; see {@link Rpc#handleStream}. */
  public <Q, R> void handleStream(
      String method, TypedSchema<Q, R> schema, StreamHandler<Q, R> handler) {
    schema.answers().check(method, true);
    rpc.handleStream(method, schema.contract(), TypedStreams.blocking(schema, handler));
  }

  /** Serves a method with a stream without blocking; see {@link Rpc#handleStreamAsync}. */
  public <Q extends Message, R extends Message> void handleStreamAsync(
      String method, Class<Q> requests, Class<R> replies, AsyncStreamHandler<Q, R> handler) {
    handleStreamAsync(method, TypedSchema.of(requests, replies), handler);
  }

  /** Serves a method with a stream without blocking; see {@link Rpc#handleStreamAsync}. */
  public <Q, R> void handleStreamAsync(
      String method, TypedSchema<Q, R> schema, AsyncStreamHandler<Q, R> handler) {
    schema.answers().check(method, true);
    rpc.handleStreamAsync(method, schema.contract(), TypedStreams.async(schema, handler));
  }

  /** A method to call with generated messages, to be kept and used by any thread. */
  public <Q extends Message, R extends Message> Method<Q, R> method(
      String service, String method, Class<Q> requests, Class<R> replies) {
    return method(service, method, TypedSchema.of(requests, replies));
  }

  /** A method to call, to be kept and used by any thread. */
  public <Q, R> Method<Q, R> method(String service, String method, TypedSchema<Q, R> schema) {
    return new Method<>(
        rpc.method(service, method, schema.contract()), schema, CallOptions.DEFAULT);
  }

  /**
   * Tells the schema of a method, for {@link #call}.
   *
   * @throws ValidationException if it has another already
   */
  public void useSchema(String service, String method, MethodSchema schema) {
    TypedSchema<Map<String, Object>, Map<String, Object>> known =
        schemas.putIfAbsent(name(service, method), schema.asMaps());
    if (known != null && !known.contract().hash().equals(schema.contract().hash())) {
      throw new ValidationException("schema: " + name(service, method) + " has another already");
    }
  }

  /**
   * Calls a method by its name, with maps as {@link MethodSchema#asMaps} has them; see {@link
   * Rpc#call(String, String, byte[], CallOptions)}.
   *
   * @throws ConfigurationException if the method has no schema
   */
  public Map<String, Object> call(
      String service, String method, Map<String, Object> request, CallOptions options) {
    return known(service, method).call(request, options);
  }

  /** The same without waiting; what {@code call} throws fails the future. */
  public CompletableFuture<Map<String, Object>> callAsync(
      String service, String method, Map<String, Object> request, CallOptions options) {
    try {
      return known(service, method).callAsync(request, options);
    } catch (ConfigurationException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Calls a method by its name whose answer is a stream; see {@link Rpc#stream(String, String,
   * byte[], CallOptions)}.
   *
   * @throws ConfigurationException if the method has no schema
   * @throws ValidationException if it answers with one message
   */
  public TypedStream<Map<String, Object>> stream(
      String service, String method, Map<String, Object> request, CallOptions options) {
    return known(service, method).stream(request, options);
  }

  private Method<Map<String, Object>, Map<String, Object>> known(String service, String method) {
    TypedSchema<Map<String, Object>, Map<String, Object>> schema =
        schemas.get(name(service, method));
    if (schema == null) {
      throw new ConfigurationException("no schema for " + name(service, method));
    }
    return method(service, method, schema);
  }

  /**
   * A client of another service, from the descriptor of its methods; declares them as used, so it
   * is made before {@code start}.
   *
   * @param service the name of the service at the registry
   * @param methods which of them; none means all
   * @throws ConfigurationException if one is not there
   */
  public ServiceClient client(String service, ServiceDescriptor descriptor, String... methods) {
    return client(service, descriptor.getMethods(), methods);
  }

  /**
   * A client of another service, from the service blocks of a {@code .proto} file; otherwise as
   * {@link #client(String, ServiceDescriptor, String...)}.
   *
   * @throws ConfigurationException also if the file has no service block
   */
  public ServiceClient client(String service, ProtoFile file, String... methods) {
    return client(service, file.methods(), methods);
  }

  private ServiceClient client(String service, List<MethodDescriptor> all, String... chosen) {
    ServiceClient client = ServiceClient.of(this, service, all, chosen);
    dependencies.accept(service, ServiceDeps.rpc(client.methods().toArray(new String[0])));
    return client;
  }

  static String name(String service, String method) {
    return service + "/" + method;
  }

  /** A method of another service. */
  public static final class Method<Q, R> {
    private final RpcMethod target;
    private final TypedSchema<Q, R> schema;
    private final CallOptions defaults;

    private Method(RpcMethod target, TypedSchema<Q, R> schema, CallOptions defaults) {
      this.target = target;
      this.schema = schema;
      this.defaults = defaults;
    }

    /** The same with options for what a call leaves open; before those of the bridge. */
    public Method<Q, R> withDefaults(CallOptions options) {
      return new Method<>(target, schema, options);
    }

    /** Calls and waits; see {@link Rpc#call(String, String, byte[], CallOptions)}. */
    public R call(Q request) {
      return call(request, CallOptions.DEFAULT);
    }

    /**
     * Calls and waits; see {@link Rpc#call(String, String, byte[], CallOptions)}.
     *
     * @throws ValidationException also if the request does not fit its message, or the schema says
     *     that the answer is a stream
     */
    public R call(Q request, CallOptions options) {
      byte[] payload = payload(request, false);
      byte[] answer = target.call(payload, options.orElse(defaults));
      return Reply.decode(target, Reply.WHOLE, schema.replies(), answer);
    }

    /** Calls; see {@link Rpc#callAsync(String, String, byte[], CallOptions)}. */
    public CompletableFuture<R> callAsync(Q request) {
      return callAsync(request, CallOptions.DEFAULT);
    }

    /** Calls; see {@link Rpc#callAsync(String, String, byte[], CallOptions)}. */
    public CompletableFuture<R> callAsync(Q request, CallOptions options) {
      byte[] payload;
      try {
        payload = payload(request, false);
      } catch (ValidationException e) {
        return CompletableFuture.failedFuture(e);
      }
      return Reply.to(
          target, schema.replies(), target.callAsync(payload, options.orElse(defaults)));
    }

    /** {@link #stream(Object, CallOptions)} with the defaults. */
    public TypedStream<R> stream(Q request) {
      return stream(request, CallOptions.DEFAULT);
    }

    /**
     * Calls for a stream, to be read by waiting and to be closed; see {@link Rpc#stream(String,
     * String, byte[], CallOptions)}.
     *
     * @throws ValidationException if the request does not fit its message, or the schema says that
     *     the answer is one message
     */
    public TypedStream<R> stream(Q request, CallOptions options) {
      byte[] payload = payload(request, true);
      return new TypedStream<>(
          target, schema.replies(), target.stream(payload, options.orElse(defaults)));
    }

    /**
     * A stream for readers that do not block; see {@link Rpc#publisher}. A message that does not
     * decode cancels the call and fails the subscriber with {@code INTERNAL}.
     *
     * @throws ValidationException as {@link #stream(Object, CallOptions)}
     */
    public Flow.Publisher<R> publisher(Q request, CallOptions options) {
      byte[] payload = payload(request, true);
      return new TypedPublisher<>(
          target, schema.replies(), target.publisher(payload, options.orElse(defaults)));
    }

    private byte[] payload(Q request, boolean streams) {
      schema.answers().check(name(target.service(), target.name()), streams);
      return schema.requests().encode(request);
    }
  }
}
