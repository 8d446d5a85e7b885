package io.trestle.traces;

import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.kernel.gateway.MethodHandler.Inbound;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.ext.v1.AppendAck;
import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.protocol.ext.v1.WatchMessage;
import io.trestle.protocol.ext.v1.WatchRequest;
import io.trestle.traces.core.ChunkRules;

/** The methods of {@code TraceStreams}. */
final class TraceEndpoints {
  /** A chunk and what surrounds it. */
  private static final int MAX_REQUEST = ChunkRules.MAX_CHUNK + (4 << 10);

  private final ModuleContext house;

  TraceEndpoints(ModuleContext house) {
    this.house = house;
  }

  MethodHandler append() {
    return MethodHandler.Bidirectional.of(
        ExtensionMethods.TRACES_APPEND.path(),
        Access.SERVICE,
        MAX_REQUEST,
        AppendMessage.parser(),
        this::openAppend);
  }

  MethodHandler watch() {
    return new MethodHandler.ServerStreaming<>(
        ExtensionMethods.TRACES_WATCH.path(),
        Access.SERVICE,
        MAX_REQUEST,
        WatchRequest.parser(),
        this::openWatch);
  }

  private Inbound<AppendMessage> openAppend(Call call, Outbound<AppendAck> out) {
    return new AppendStream(house, call, out);
  }

  private void openWatch(Call call, WatchRequest request, Outbound<WatchMessage> out) {
    new WatchStream(house, call, out).begin(request);
  }
}
