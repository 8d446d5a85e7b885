package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.v1.CaptureMode;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Nobody is told of changes; the polls find them. It mostly waits, so it runs beside others. */
@Execution(ExecutionMode.CONCURRENT)
class LostNotificationsTest {
  /** The rule says 30 s, which is the time between two polls; ten more for reading and pushing. */
  private static final Duration POLL_AND_SOME = Duration.ofSeconds(40);

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  @Test
  @Acceptance({"FL-16", "CO-7"})
  void changes_thatNobodyIsToldOf_areFoundWithinHalfAMinute() {
    ServiceKey service = WIRE.service();
    WireInstance instance = WIRE.connected(service);
    WireInstance watcher = WIRE.connected(WIRE.service());
    watcher.register(Declare.nothing()).first();
    Sql sql = WIRE.kernel().sql();
    sql.update("ALTER TABLE runtime_settings DISABLE TRIGGER USER");
    sql.update("ALTER TABLE services DISABLE TRIGGER USER");
    sql.update("ALTER TABLE service_policy_rules DISABLE TRIGGER USER");

    sql.update("UPDATE runtime_settings SET value = 'none' WHERE key = 'rpc.payload_capture'");
    sql.update("UPDATE services SET status = 'revoked' WHERE id = ?::uuid", service.id());
    sql.update(
        "INSERT INTO service_policy_rules (service_id, direction, action, target_name)"
            + " VALUES (?::uuid, 'E', 'rpc.call', 'm1')",
        watcher.serviceId());
    sql.update(
        "UPDATE services SET cap_job_handle = false WHERE id = ?::uuid", watcher.serviceId());

    await()
        .atMost(POLL_AND_SOME)
        .until(() -> watcher.view().modes().getRpc() == CaptureMode.CAPTURE_MODE_NONE);
    assertThat(instance.control().ended().answer()).isEqualTo("UNAUTHENTICATED access revoked");
    await().until(() -> watcher.view().revokedServices().contains(service.id()));
    await().atMost(POLL_AND_SOME).until(() -> watcher.view().policy().getEgressCount() == 1);
    assertThat(watcher.view().policy().getCapabilitiesList()).doesNotContain("job.handle");
  }
}
