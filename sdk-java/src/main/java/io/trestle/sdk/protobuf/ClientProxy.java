package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The methods of a client behind an interface of the application. Every method of the interface is
 * matched and typed when the object is made, so that none can turn out not to fit when it is
 * called.
 */
final class ClientProxy implements InvocationHandler {
  private static final String ASYNC = "Async";

  private final String name;
  private final Map<Method, Invocation> functions = new HashMap<>();

  private ClientProxy(String name) {
    this.name = name;
  }

  /** What a method of the interface does. */
  @FunctionalInterface
  private interface Invocation {
    Object call(Object request, CallOptions options);
  }

  static <T> T of(ServiceClient client, Class<T> api) {
    if (!api.isInterface()) {
      throw new ConfigurationException("client: " + api.getName() + " (expected: an interface)");
    }
    ClientProxy proxy = new ClientProxy(api.getSimpleName() + " of " + client.service());
    for (Method method : api.getMethods()) {
      if (Modifier.isAbstract(method.getModifiers())) {
        proxy.functions.put(method, function(client, method));
      }
    }
    return api.cast(Proxy.newProxyInstance(api.getClassLoader(), new Class<?>[] {api}, proxy));
  }

  @Override
  public @Nullable Object invoke(Object self, Method method, Object @Nullable [] arguments)
      throws Throwable {
    Object[] given = arguments == null ? new Object[0] : arguments;
    Invocation function = functions.get(method);
    if (function != null) {
      return function.call(
          given[0], given.length == 2 ? (CallOptions) given[1] : CallOptions.DEFAULT);
    }
    if (method.isDefault()) {
      return InvocationHandler.invokeDefault(self, method, given);
    }
    return switch (method.getName()) {
      case "equals" -> self == given[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> name;
    };
  }

  private static Invocation function(ServiceClient client, Method method) {
    Type[] parameters = method.getGenericParameterTypes();
    boolean options = parameters.length == 2 && parameters[1] == CallOptions.class;
    if (parameters.length != 1 && !options) {
      throw unfit(method, "a request, or a request and CallOptions");
    }
    Type result = method.getGenericReturnType();
    Returns returns = Returns.of(result);
    Type reply =
        returns == Returns.ANSWER
            ? result
            : ((ParameterizedType) result).getActualTypeArguments()[0];
    String called = called(client, method, returns != Returns.ANSWER);
    AnswerKind.of(client.find(called))
        .check(ProtobufRpc.name(client.service(), called), returns.streams());
    return invocation(returns, client.method(called, types(method, parameters[0], reply)));
  }

  private static Invocation invocation(Returns returns, ProtobufRpc.Method<Object, Object> target) {
    return (request, options) ->
        switch (returns) {
          case ANSWER -> target.call(request, options);
          case FUTURE -> target.callAsync(request, options);
          case STREAM -> target.stream(request, options);
          case PUBLISHER -> target.publisher(request, options);
        };
  }

  /** What a method of the interface returns. */
  private enum Returns {
    ANSWER,
    FUTURE,
    STREAM,
    PUBLISHER;

    static Returns of(Type type) {
      if (!(type instanceof ParameterizedType generic)) {
        return ANSWER; // without its parameter it is no type of a message either
      }
      Type raw = generic.getRawType();
      if (raw == CompletionStage.class || raw == CompletableFuture.class) {
        return FUTURE;
      }
      if (raw == TypedStream.class) {
        return STREAM;
      }
      return raw == Flow.Publisher.class ? PUBLISHER : ANSWER;
    }

    boolean streams() {
      return this == STREAM || this == PUBLISHER;
    }
  }

  private static Function<MethodSchema, TypedSchema<Object, Object>> types(
      Method method, Type request, Type reply) {
    return schema ->
        new TypedSchema<>(
            schema.contract(),
            schema.answers(),
            type(method, request, schema.input()),
            type(method, reply, schema.output()));
  }

  @SuppressWarnings("unchecked") // calls arrive through the interface, whose types these are
  private static MessageType<Object> type(Method method, Type type, Descriptor message) {
    if (type instanceof Class<?> known) {
      return (MessageType<Object>) MessageType.of(known, message);
    }
    if (type instanceof ParameterizedType map
        && map.getRawType() == Map.class
        && List.of(map.getActualTypeArguments()).equals(List.of(String.class, Object.class))) {
      return (MessageType<Object>) (MessageType<?>) MessageType.maps(message);
    }
    throw unfit(method, "records, generated messages or Map<String, Object>");
  }

  /** {@code reserve}, {@code reserveAsync} and {@code Reserve} all mean the method of that name. */
  private static String called(ServiceClient client, Method method, boolean async) {
    String name = method.getName();
    String plain =
        async && name.endsWith(ASYNC) ? name.substring(0, name.length() - ASYNC.length()) : name;
    for (String known : client.methods()) {
      if (known.equals(name) || decapitalized(known).equals(decapitalized(plain))) {
        return known;
      }
    }
    throw unfit(method, "one of " + String.join(", ", client.methods()));
  }

  private static String decapitalized(String name) {
    return name.isEmpty() ? name : Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private static ConfigurationException unfit(Method method, String expected) {
    String place = method.getDeclaringClass().getName() + "." + method.getName();
    return new ConfigurationException("client: " + place + " (expected: " + expected + ")");
  }
}
