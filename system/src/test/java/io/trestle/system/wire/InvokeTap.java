package io.trestle.system.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.system.SpiedModule;
import io.vertx.core.buffer.Buffer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Writes down what {@code Invoke.Unary} of a kernel receives, and lets it pass. */
final class InvokeTap {
  private final List<InvokeRequest> received = new CopyOnWriteArrayList<>();

  List<InvokeRequest> received() {
    return received;
  }

  /** A kernel that is listened to. */
  TrestleOptions on(TrestleOptions options) {
    return options.withModules(options.modules().stream().map(this::tapped).toList());
  }

  private Module tapped(Module module) {
    return module.name().equals("rpc") ? new SpiedModule(module, this::tapped) : module;
  }

  /** The house, with a gateway that hands on a tapped handler. */
  private ModuleContext tapped(ModuleContext house) {
    return through(
        ModuleContext.class,
        (method, arguments) ->
            method.getName().equals("gateway")
                ? tapped(house.gateway())
                : invoke(house, method, arguments));
  }

  private Gateway tapped(Gateway gateway) {
    return through(
        Gateway.class,
        (method, arguments) -> {
          if (arguments != null && arguments[0] instanceof MethodHandler.RawUnary unary) {
            arguments[0] = tapped(unary);
          }
          return invoke(gateway, method, arguments);
        });
  }

  private MethodHandler tapped(MethodHandler.RawUnary unary) {
    return new MethodHandler.RawUnary(
        unary.path(),
        unary.access(),
        unary.maxRequestBytes(),
        (call, request) -> {
          if (unary.path().equals(Methods.INVOKE_UNARY.path())) {
            received.add(parsed(request));
          }
          return unary.function().handle(call, request);
        });
  }

  private static InvokeRequest parsed(Buffer request) {
    try {
      return InvokeRequest.parseFrom(request.getBytes());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** What a call of an interface does. */
  private interface Way {
    @Nullable Object go(Method method, Object @Nullable [] arguments) throws Throwable;
  }

  private static <T> T through(Class<T> type, Way way) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> way.go(method, arguments));
    return type.cast(proxy);
  }

  private static @Nullable Object invoke(
      Object target, Method method, Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
