package io.trestle.sdk.internal.inbound;

import io.trestle.sdk.AsyncRpcHandler;
import io.trestle.sdk.AsyncStreamHandler;
import io.trestle.sdk.RpcHandler;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.ValidationException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The handlers by method. Any thread. */
public final class Handlers {
  private final ConcurrentMap<String, Handler> byMethod = new ConcurrentHashMap<>();

  /** One of the four kinds. */
  sealed interface Handler {
    /** Whether the answer is a stream. */
    default boolean streams() {
      return this instanceof BlockingStream || this instanceof AsyncStream;
    }

    /** May block. */
    record Blocking(RpcHandler handler) implements Handler {}

    /** Must not. */
    record Async(AsyncRpcHandler handler) implements Handler {}

    /** Many chunks; may block. */
    record BlockingStream(StreamHandler handler) implements Handler {}

    /** Many chunks; must not block. */
    record AsyncStream(AsyncStreamHandler handler) implements Handler {}
  }

  /** Adds one that may block. */
  public void add(String method, RpcHandler handler) {
    put(method, new Handler.Blocking(handler));
  }

  /** Adds one that must not. */
  public void addAsync(String method, AsyncRpcHandler handler) {
    put(method, new Handler.Async(handler));
  }

  /** Adds one that answers with a stream and may block. */
  public void addStream(String method, StreamHandler handler) {
    put(method, new Handler.BlockingStream(handler));
  }

  /** Adds one that answers with a stream and must not block. */
  public void addStreamAsync(String method, AsyncStreamHandler handler) {
    put(method, new Handler.AsyncStream(handler));
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return byMethod.isEmpty();
  }

  /** What is served. */
  public Set<String> methods() {
    return byMethod.keySet();
  }

  /** Whether a method answers with a stream. */
  public boolean streams(String method) {
    Handler handler = byMethod.get(method);
    return handler != null && handler.streams();
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
