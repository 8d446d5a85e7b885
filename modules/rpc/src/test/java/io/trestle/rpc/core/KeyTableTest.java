package io.trestle.rpc.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.rpc.core.KeyTable.Bounds;
import io.trestle.rpc.core.KeyTable.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class KeyTableTest {
  private static final Ending SAVED =
      new Ending.Saved(ByteString.copyFromUtf8("reply"), ByteString.EMPTY);

  private final KeyTable table = new KeyTable(new Bounds(3, 4, 2));
  private final List<Ending> heard = new ArrayList<>();

  private static IdempotencyKey key(String key) {
    return new IdempotencyKey(new UUID(0, 1), new UUID(0, 2), "pay", key);
  }

  @Test
  void enter_first_leads_othersWaitAndHearTheEnd() {
    assertThat(table.enter(key("a"), heard::add)).isTrue();
    assertThat(table.enter(key("a"), heard::add)).isFalse();
    assertThat(table.enter(key("a"), heard::add)).isFalse();
    assertThat(table.waiting()).isEqualTo(2);

    table.end(key("a"), SAVED);

    assertThat(heard).containsExactly(SAVED, SAVED);
    assertThat(table.waiting()).isZero();
    assertThat(table.leading()).isZero();
  }

  @Test
  void enter_fromWithinTheEnd_leadsAnew() {
    List<Boolean> leads = new ArrayList<>();
    table.enter(key("a"), heard::add);
    table.enter(key("a"), ending -> leads.add(table.enter(key("a"), heard::add)));
    table.enter(key("a"), ending -> leads.add(table.enter(key("a"), heard::add)));

    table.end(key("a"), new Ending.Again());

    assertThat(leads).containsExactly(true, false);
  }

  @Test
  void enter_otherKeys_lead() {
    assertThat(table.enter(key("a"), heard::add)).isTrue();
    assertThat(table.enter(key("b"), heard::add)).isTrue();
    assertThat(table.leading()).isEqualTo(2);
  }

  @Test
  void leave_hearsNothing_andFreesItsPlace() {
    Consumer<Ending> waiter = heard::add;
    table.enter(key("a"), heard::add);
    table.enter(key("a"), waiter);
    table.leave(key("a"), waiter);
    table.leave(key("a"), waiter);

    table.end(key("a"), SAVED);

    assertThat(heard).isEmpty();
    assertThat(table.waiting()).isZero();
  }

  @Test
  void enter_beyondABound_isRefusedWithoutEffect() {
    for (String key : List.of("a", "b", "c")) {
      table.enter(key(key), heard::add);
    }
    refused(
        () -> table.enter(key("d"), heard::add), "3 calls with an idempotency key are under way");
    table.enter(key("a"), heard::add);
    table.enter(key("a"), heard::add);
    refused(() -> table.enter(key("a"), heard::add), "2 calls wait for this idempotency key");
    table.enter(key("b"), heard::add);
    table.enter(key("b"), heard::add);
    refused(() -> table.enter(key("c"), heard::add), "4 calls wait for an idempotency key");
    assertThat(table.leading()).isEqualTo(3);
    assertThat(table.waiting()).isEqualTo(4);

    table.end(key("a"), SAVED);

    assertThat(table.enter(key("d"), heard::add)).isTrue();
    assertThat(table.enter(key("c"), heard::add)).isFalse();
  }

  private static void refused(ThrowingCallable call, String text) {
    assertThatThrownBy(call)
        .hasMessageStartingWith(text)
        .isInstanceOfSatisfying(
            Refused.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.OVERLOADED);
              assertThat(e.withoutEffect()).isTrue();
            });
  }
}
