package io.trestle.kernel;

import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.kernel.gateway.MethodHandler.Inbound;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.TelemetryAck;
import io.trestle.protocol.v1.TelemetryBatch;
import io.vertx.core.Future;
import java.util.Collection;

/**
 * {@code Telemetry/Report} while no module stores telemetry: every batch is acknowledged and
 * dropped, so that SDKs do not try for ever (telemetry.md 3.3 rule 9).
 */
final class ReportSink {
  private static final int MAX_BATCH_BYTES = 16 << 20;

  private ReportSink() {}

  static void mountUnlessServed(Collection<Module> enabled, Gateway gateway) {
    if (enabled.stream().noneMatch(m -> m.name().equals("telemetry"))) {
      gateway.method(
          MethodHandler.Bidirectional.<TelemetryBatch, TelemetryAck>of(
              Methods.TELEMETRY_REPORT.path(),
              Access.SERVICE,
              MAX_BATCH_BYTES,
              TelemetryBatch.parser(),
              (call, out) -> new Sink(out)));
    }
  }

  private record Sink(Outbound<TelemetryAck> out) implements Inbound<TelemetryBatch> {
    @Override
    public Future<Void> message(TelemetryBatch batch) {
      return out.send(
          TelemetryAck.newBuilder().setAcknowledgedSequence(batch.getSequence()).build());
    }

    @Override
    public void halfClosed() {
      out.end();
    }
  }
}
