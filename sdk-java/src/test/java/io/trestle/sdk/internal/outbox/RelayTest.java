package io.trestle.sdk.internal.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.RelayPlan;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.outbox.FakeCourier;
import io.trestle.sdk.outbox.FakeCourier.Fault;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class RelayTest {
  private final FakeCourier courier = new FakeCourier();
  private final Rows rows = new Rows();
  private final String name = UUID.randomUUID().toString();
  private final Relay relay = new Relay(name, courier, rows, false);

  @AfterEach
  void close() {
    relay.close(Duration.ZERO);
  }

  private final class Rows implements OutboxTable {
    private final Map<Long, ClaimedEvent> pending = new TreeMap<>();
    private final List<String> givenBack = new ArrayList<>();
    private final AtomicInteger claims = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger errors = new AtomicInteger();
    private final Set<Long> taken = new HashSet<>();
    private final Set<Long> lost = new HashSet<>();
    private volatile boolean held;
    private @Nullable Runnable lookTooEarly;

    synchronized void add(String text) {
      long row = pending.size();
      byte[] payload = text.getBytes(UTF_8);
      pending.put(
          row,
          new ClaimedEvent(
              row, courier.prepare(FakeCourier.type("n"), payload, PublishOptions.DEFAULT), 0));
    }

    synchronized int size() {
      return pending.size();
    }

    synchronized List<String> givenBack() {
      return List.copyOf(givenBack);
    }

    @Override
    public synchronized Claim claim() throws SQLException {
      claims.incrementAndGet();
      held = true;
      lost.addAll(taken); // claimed anew, and neither settled nor given back
      if (errors.getAndDecrement() > 0) {
        throw new StackOverflowError("of the driver");
      }
      if (lookTooEarly != null) {
        lookTooEarly.run();
        lookTooEarly = null;
        return new Claim(List.of(), RelayPlan.NEVER);
      }
      taken.addAll(pending.keySet());
      return new Claim(List.copyOf(pending.values()), RelayPlan.NEVER);
    }

    @Override
    public synchronized void settle(List<RowOutcome> outcomes) throws SQLException {
      if (failures.getAndDecrement() > 0) {
        throw new SQLException("the disk is full");
      }
      taken.clear();
      for (RowOutcome outcome : outcomes) {
        if (outcome instanceof RowOutcome.Delivered) {
          pending.remove(outcome.row());
        }
      }
    }

    @Override
    public synchronized void giveBack(List<ClaimedEvent> events, String why) {
      givenBack.add(why);
      taken.clear();
    }

    @Override
    public void release() {
      held = false;
    }

    @Override
    public void rearm() {}
  }

  @Test
  void failedSettlement_isRepeated_thePublishIsNot() {
    rows.failures.set(3);
    rows.add("1");
    relay.start();
    courier.connect();
    await().until(() -> rows.size() == 0);
    assertThat(courier.requests()).containsExactly(List.of("1"));
  }

  @Test
  void withoutSession_theTableIsLeftAlone_andNothingIsHeldWhenIdle() {
    rows.add("1");
    relay.start();
    relay.wake();
    courier.connect();
    await().until(() -> rows.size() == 0);
    await().until(() -> !rows.held);
    courier.disconnect();
    int before = rows.claims.get();
    rows.add("2");
    relay.wake();
    relay.close(Duration.ofSeconds(30));
    assertThat(rows.claims.get()).isEqualTo(before);
    assertThat(courier.texts()).containsExactly("1");
  }

  @Test
  void closedBeforeTheAnswer_rowsAreGivenBack() {
    courier.keepSilent(true);
    rows.add("1");
    relay.start();
    courier.connect();
    await().until(() -> !courier.requests().isEmpty());
    relay.close(Duration.ofMillis(1));
    assertThat(rows.givenBack()).containsExactly("closed before the answer");
    assertThat(rows.held).isFalse();
  }

  @Test
  void noAnswer_rowsAreGivenBack_andSentAgain() {
    courier.fail(true);
    rows.add("1");
    relay.start();
    courier.connect();
    await().until(() -> rows.givenBack().size() >= 2);
    courier.fail(false);
    await().until(() -> courier.texts().contains("1"));
    assertThat(rows.givenBack().get(0)).contains("the runtime is away");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void courierThatBreaksItsWord_isAskedAgain_andTheThreadGoesOn(Fault fault) {
    courier.connect();
    courier.breakDown(fault);
    rows.add("1");
    rows.add("2");
    relay.start();
    await().until(() -> courier.faults() >= 2);
    courier.breakDown(Fault.NONE);
    await().until(() -> rows.size() == 0);
    assertThat(courier.texts()).containsExactlyInAnyOrder("1", "2");
    assertThat(rows.lost).isEmpty();
  }

  @Test
  void fault_isTheReason_whyRowsAreGivenBack() {
    courier.connect();
    courier.breakDown(Fault.SEND_THROWS);
    rows.add("1");
    relay.start();
    await().until(() -> rows.givenBack().size() >= 2);
    assertThat(rows.givenBack().get(0)).contains("a fault of the courier");
  }

  @Test
  void courierWithAFaultWhileClosing_doesNotKeepItOpen() {
    courier.connect();
    relay.start();
    await().until(() -> rows.claims.get() > 0);
    courier.breakDown(Fault.CONNECTED_THROWS);
    rows.add("1");
    relay.wake();
    await().until(() -> courier.faults() > 0);
    relay.close(Duration.ofMillis(300));
    await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(this::isRelay));
    assertThat(rows.held).isFalse();
    assertThat(rows.size()).isEqualTo(1);
  }

  private boolean isRelay(Thread thread) {
    return thread.getName().equals("trestle-outbox-" + name);
  }

  @Test
  void tableThatThrowsAnError_isAskedAgain() {
    rows.errors.set(2);
    rows.add("1");
    relay.start();
    courier.connect();
    await().until(() -> rows.size() == 0);
    assertThat(courier.requests()).containsExactly(List.of("1"));
  }

  @Test
  void wokenWhileItLooks_looksAgain_thoughItFoundNothing() {
    rows.lookTooEarly =
        () -> {
          rows.add("1");
          relay.wake();
        };
    relay.start();
    courier.connect();
    await().until(() -> courier.texts().contains("1"));
  }

  @Test
  void close_sendsWhatIsThere() {
    relay.start();
    courier.connect();
    await().until(() -> rows.claims.get() > 0);
    rows.add("late");
    relay.close(Duration.ofSeconds(30));
    assertThat(courier.texts()).containsExactly("late");
  }
}
