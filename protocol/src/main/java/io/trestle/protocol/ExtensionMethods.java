package io.trestle.protocol;

import io.trestle.protocol.RpcMethod.Access;
import io.trestle.protocol.RpcMethod.Kind;
import io.trestle.protocol.ext.v1.AppendAck;
import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.protocol.ext.v1.WatchMessage;
import io.trestle.protocol.ext.v1.WatchRequest;
import java.util.List;

/**
 * Methods of our own, on the same port and with the same identities as those of {@link Methods}; an
 * official runtime answers them UNIMPLEMENTED.
 */
public final class ExtensionMethods {
  /** The package of all services. */
  public static final String PACKAGE = "servicebridge.ext.v1";

  private static final String TRACE_STREAMS = PACKAGE + ".TraceStreams";

  /** {@code TraceStreams/Append}. */
  public static final RpcMethod<AppendMessage, AppendAck> TRACES_APPEND =
      new RpcMethod<>(
          TRACE_STREAMS,
          "Append",
          Kind.BIDIRECTIONAL,
          Access.SERVICE,
          AppendMessage.parser(),
          AppendAck.parser());

  /** {@code TraceStreams/Watch}. */
  public static final RpcMethod<WatchRequest, WatchMessage> TRACES_WATCH =
      new RpcMethod<>(
          TRACE_STREAMS,
          "Watch",
          Kind.SERVER_STREAM,
          Access.SERVICE,
          WatchRequest.parser(),
          WatchMessage.parser());

  /** All of them. */
  public static final List<RpcMethod<?, ?>> ALL = List.of(TRACES_APPEND, TRACES_WATCH);

  private ExtensionMethods() {}
}
