package io.trestle.system.guide;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.TraceItem;
import io.trestle.sdk.TraceStream;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.WatchOptions;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The programs of docs/guide/trace-streams.md. */
final class Report {
  private Report() {}

  static void declare(ServiceBridge bridge) {
    bridge.rpc().handle("report", Report::write);
  }

  private static byte[] write(byte[] request, CallContext context) {
    TraceStream out = context.stream();
    for (int page = 1; page <= 3; page++) {
      out.write("{\"page\":" + page + ",\"of\":3}", "progress");
      out.write("\"text of page " + page + "\"");
    }
    return "three pages".getBytes(UTF_8);
  }

  static void ask(ServiceBridge bridge, List<String> shown) {
    String traceId = UUID.randomUUID().toString();
    CallOptions within = CallOptions.DEFAULT.withTrace(traceId + "-" + UUID.randomUUID());
    CompletableFuture<byte[]> reply =
        bridge.rpc().callAsync("reports", "report", new byte[0], within);

    try (TraceWatch watch = bridge.watchTrace(traceId, WatchOptions.of("progress"))) {
      while (watch.hasNext()) {
        TraceItem item = watch.next();
        if (item instanceof TraceItem.Chunk chunk) {
          shown.add(chunk.sequence() + " " + chunk.json());
        } else if (item instanceof TraceItem.Gap gap) {
          shown.add(gap.dropped() + " are missing");
        } else if (item instanceof TraceItem.Complete complete) {
          shown.add(complete.status());
        }
      }
    }
    shown.add(new String(reply.join(), UTF_8));
  }

  static TraceWatch goOn(ServiceBridge bridge, String traceId, long lastSeen) {
    return bridge.watchTrace(traceId, WatchOptions.of("progress").after(lastSeen));
  }

  static void uses(ServiceBridge bridge) {
    bridge.service("reports", ServiceDeps.rpc("report"));
  }
}
