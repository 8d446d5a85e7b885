package io.trestle.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Hears SIGTERM, SIGINT and SIGHUP. A shutdown hook would do for the first signal, but then the
 * second one has no effect until the hook ends, and it must end the process at once. {@code
 * sun.misc.Signal} is the only way to it; it is called by reflection because javac warns of it and
 * our warnings are errors. A signal that the parent process ignores stays ignored; where the JVM
 * refuses ({@code -Xrs}), signals do what the JVM does with them.
 */
final class Signals {
  private static final String[] NAMES = {"TERM", "INT", "HUP"};

  private Signals() {}

  /** From now on the handler is called with the number of each signal, on a thread of its own. */
  static void listen(IntConsumer handler) {
    for (String name : NAMES) {
      try {
        listen(name, handler);
      } catch (ReflectiveOperationException | IllegalArgumentException e) {
        System.getLogger(Signals.class.getName())
            .log(System.Logger.Level.DEBUG, "signal left to the JVM signal=" + name, e);
      }
    }
  }

  private static void listen(String name, IntConsumer handler) throws ReflectiveOperationException {
    Class<?> signalType = Class.forName("sun.misc.Signal");
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    Object signal = signalType.getConstructor(String.class).newInstance(name);
    int number = (Integer) signalType.getMethod("getNumber").invoke(signal);
    InvocationHandler calls =
        (proxy, method, args) ->
            switch (method.getName()) {
              case "handle" -> {
                handler.accept(number);
                yield null;
              }
              case "equals" -> proxy == args[0];
              case "hashCode" -> System.identityHashCode(proxy);
              default -> name;
            };
    Object listener =
        Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handlerType}, calls);
    signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, listener);
  }
}
