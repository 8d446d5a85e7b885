package io.trestle.protocol;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;

/**
 * One method of the catalogue (wire.md 1.2).
 *
 * @param service the full name of the service, with the package
 * @param name the name of the method
 * @param kind which sides stream
 * @param access who may call it, and where
 * @param request reads what the caller sends
 * @param response reads what the callee answers
 */
public record RpcMethod<Q extends Message, R extends Message>(
    String service, String name, Kind kind, Access access, Parser<Q> request, Parser<R> response) {

  /** The path of the HTTP/2 request. */
  public String path() {
    return '/' + service + '/' + name;
  }

  @Override
  public String toString() {
    return path();
  }

  /** Which sides stream. */
  public enum Kind {
    /** One message each way. */
    UNARY,
    /** One request, a stream of answers. */
    SERVER_STREAM,
    /** Streams both ways. */
    BIDIRECTIONAL
  }

  /** Who may call, and where the method is served. */
  public enum Access {
    /** The runtime, for callers without a certificate. */
    ANONYMOUS,
    /** The runtime, for callers with a service leaf. */
    SERVICE,
    /** The console, in process; service leaves are denied unless the telemetry module opens it. */
    CONSOLE,
    /** SDK instances, for peers and the runtime. */
    PEER
  }
}
