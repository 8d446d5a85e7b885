package io.trestle.kernel.gateway;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which facade a path belongs to and who handles it. Filled by the modules before the listener is
 * bound, read by all event loops after; {@link #freeze} lies between.
 */
final class MethodTable {
  private final Map<String, Facade> facades = new LinkedHashMap<>();
  private final Map<String, MethodHandler> methods = new HashMap<>();
  private final List<String> closed = new ArrayList<>();
  private boolean frozen;

  /**
   * Where a path leads.
   *
   * @param facade whose authenticator is asked
   * @param handler null when nobody handles the path
   * @param closed whether the path is closed to everybody
   */
  record Route(Facade facade, @Nullable MethodHandler handler, boolean closed) {}

  synchronized void mount(Facade facade) {
    checkOpen();
    if (facades.putIfAbsent(facade.protoPackage(), facade) != null) {
      throw new IllegalStateException("facade " + facade.protoPackage() + " is mounted already");
    }
  }

  synchronized void method(MethodHandler handler) {
    checkOpen();
    if (!handler.path().matches("/[^/]+\\.[^/.]+/[^/]+")) {
      throw new IllegalArgumentException(
          "path: " + handler.path() + " (expected: /package.Service/Method)");
    }
    if (methods.putIfAbsent(handler.path(), handler) != null) {
      throw new IllegalStateException("method " + handler.path() + " has a handler already");
    }
  }

  synchronized void close(String pathPrefix) {
    checkOpen();
    closed.add(pathPrefix);
  }

  /** Nothing is added from here on; fails when a method belongs to no facade. */
  synchronized void freeze() {
    if (facades.isEmpty()) {
      throw new IllegalStateException("no facade is mounted");
    }
    for (String path : methods.keySet()) {
      if (!facades.containsKey(packageOf(path))) {
        throw new IllegalStateException("method " + path + " belongs to no mounted facade");
      }
    }
    frozen = true;
  }

  /** Largest message that any method takes. */
  int largestRequest() {
    return methods.values().stream().mapToInt(MethodHandler::maxRequestBytes).max().orElse(0);
  }

  /**
   * Never fails: an unknown path belongs to the facade of its package, else to the one mounted
   * first.
   */
  Route route(String path) {
    MethodHandler handler = methods.get(path);
    Facade facade = facades.get(packageOf(path));
    if (facade == null) {
      facade = facades.values().iterator().next();
    }
    return new Route(facade, handler, handler == null && isClosed(path));
  }

  private boolean isClosed(String path) {
    return closed.stream().anyMatch(path::startsWith);
  }

  private static String packageOf(String path) {
    int slash = path.indexOf('/', 1);
    int dot = slash < 0 ? -1 : path.lastIndexOf('.', slash);
    return dot < 1 ? "" : path.substring(1, dot);
  }

  private void checkOpen() {
    if (frozen) {
      throw new IllegalStateException(
          "the listener is bound: facades and methods come before that");
    }
  }
}
