package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.MethodDescriptor;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ValidationException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The methods of another service, from a service block (rpc.md 7.1): {@link ProtobufRpc#client}.
 * Only the methods that were chosen exist here. Any thread.
 *
 * <pre>{@code
 * ServiceClient inventory = rpc.client("inventory", ProtoFile.load(path), "Reserve");
 * Map<String, Object> stock = inventory.call("Reserve", Map.of("sku", "a", "quantity", 2L));
 * var reserve = inventory.method("Reserve", Item.class, Stock.class); // records
 * }</pre>
 */
public final class ServiceClient {
  private final ProtobufRpc rpc;
  private final String service;
  private final Map<String, MethodDescriptor> methods;
  private final CallOptions defaults;

  private ServiceClient(
      ProtobufRpc rpc,
      String service,
      Map<String, MethodDescriptor> methods,
      CallOptions defaults) {
    this.rpc = rpc;
    this.service = service;
    this.methods = methods;
    this.defaults = defaults;
  }

  static ServiceClient of(
      ProtobufRpc rpc, String service, List<MethodDescriptor> all, String... chosen) {
    Map<String, MethodDescriptor> methods = new LinkedHashMap<>();
    all.forEach(method -> methods.putIfAbsent(method.getName(), method));
    ServiceClient whole = new ServiceClient(rpc, service, methods, CallOptions.DEFAULT);
    if (chosen.length == 0) {
      return whole.checked();
    }
    Map<String, MethodDescriptor> some = new LinkedHashMap<>();
    for (String name : chosen) {
      some.put(name, whole.find(name));
    }
    return new ServiceClient(rpc, service, some, CallOptions.DEFAULT).checked();
  }

  private ServiceClient checked() {
    for (MethodDescriptor method : methods.values()) {
      if (method.isClientStreaming()) {
        throw new ConfigurationException(
            "serde: " + method.getFullName() + ": takes a stream (expected: one message)");
      }
      rpc.useSchema(service, method.getName(), MethodSchema.of(method));
    }
    return this;
  }

  /** The same with options for what a call leaves open; before those of the bridge. */
  public ServiceClient withDefaults(CallOptions options) {
    return new ServiceClient(rpc, service, methods, options);
  }

  /** The names of the methods that can be called. */
  public Set<String> methods() {
    return Collections.unmodifiableSet(methods.keySet());
  }

  /**
   * A method with records or generated messages, to be kept. Called for an answer of the other kind
   * than the service block says, it throws {@link ValidationException}.
   *
   * @throws ConfigurationException if there is no such method here, or a class does not fit
   */
  public <Q, R> ProtobufRpc.Method<Q, R> method(String name, Class<Q> requests, Class<R> replies) {
    return method(name, schema -> schema.as(requests, replies));
  }

  <Q, R> ProtobufRpc.Method<Q, R> method(
      String name, Function<MethodSchema, TypedSchema<Q, R>> types) {
    return rpc.method(service, name, types.apply(MethodSchema.of(find(name))))
        .withDefaults(defaults);
  }

  String service() {
    return service;
  }

  /**
   * The methods as those of an interface: {@code Stock reserve(Item item)}, {@code Stock
   * reserve(Item item, CallOptions options)}, {@code CompletableFuture<Stock> reserveAsync(...)},
   * with records, generated messages or {@code Map<String, Object>}; {@code TypedStream<Progress>}
   * or {@code Flow.Publisher<Progress>} where the answer is a stream. The first letter may be
   * small, {@code Async} is no part of the name. It need not have all methods.
   *
   * @throws ConfigurationException if a method of the interface is none of these, or a class does
   *     not fit
   * @throws ValidationException if one returns a stream and the other does not
   */
  public <T> T as(Class<T> api) {
    return ClientProxy.of(this, api);
  }

  /** {@link #call(String, Map, CallOptions)} with the defaults. */
  public Map<String, Object> call(String name, Map<String, Object> request) {
    return call(name, request, CallOptions.DEFAULT);
  }

  /** Calls with maps and waits; see {@link ProtobufRpc#call}. */
  public Map<String, Object> call(String name, Map<String, Object> request, CallOptions options) {
    find(name);
    return rpc.call(service, name, request, options.orElse(defaults));
  }

  /** Calls with maps; see {@link ProtobufRpc#callAsync}. */
  public CompletableFuture<Map<String, Object>> callAsync(
      String name, Map<String, Object> request, CallOptions options) {
    try {
      find(name);
    } catch (ConfigurationException e) {
      return CompletableFuture.failedFuture(e);
    }
    return rpc.callAsync(service, name, request, options.orElse(defaults));
  }

  /**
   * Calls a method whose answer is a stream, with maps; see {@link ProtobufRpc#stream}.
   *
   * @throws ConfigurationException if there is no such method here
   * @throws ValidationException if it answers with one message
   */
  public TypedStream<Map<String, Object>> stream(
      String name, Map<String, Object> request, CallOptions options) {
    find(name);
    return rpc.stream(service, name, request, options.orElse(defaults));
  }

  MethodDescriptor find(String name) {
    MethodDescriptor method = methods.get(name);
    if (method == null) {
      throw new ConfigurationException(
          "no schema for "
              + ProtobufRpc.name(service, name)
              + " (expected: one of "
              + String.join(", ", methods.keySet())
              + ")");
    }
    return method;
  }
}
