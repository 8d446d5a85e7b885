package io.trestle.sdk.internal.inbound;

import io.trestle.sdk.AsyncRpcHandler;
import io.trestle.sdk.RpcHandler;
import io.trestle.sdk.ValidationException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The handlers by method. Any thread. */
public final class Handlers {
  private final ConcurrentMap<String, Handler> byMethod = new ConcurrentHashMap<>();

  /** One of the two kinds. */
  sealed interface Handler {
    /** May block. */
    record Blocking(RpcHandler handler) implements Handler {}

    /** Must not. */
    record Async(AsyncRpcHandler handler) implements Handler {}
  }

  /** Adds one that may block. */
  public void add(String method, RpcHandler handler) {
    put(method, new Handler.Blocking(handler));
  }

  /** Adds one that must not. */
  public void addAsync(String method, AsyncRpcHandler handler) {
    put(method, new Handler.Async(handler));
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return byMethod.isEmpty();
  }

  /** What is served. */
  public Set<String> methods() {
    return byMethod.keySet();
  }

  @Nullable Handler find(String method) {
    return byMethod.get(method);
  }

  private void put(String method, Handler handler) {
    if (byMethod.putIfAbsent(method, handler) != null) {
      throw new ValidationException("method: " + method + " has a handler already");
    }
  }
}
