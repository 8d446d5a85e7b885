package io.trestle.rpc.core;

import static io.trestle.rpc.core.Candidates.healthy;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.conversations.Callables.Instance;
import io.trestle.conversations.Callables.Method;
import io.trestle.conversations.Callables.Offer;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CallTableTest {
  private static final UUID ORDERS = UUID.randomUUID();
  private static final Instance V1 = healthy(1, new Method("create", "v2:aa", false));
  private static final Instance V2 = healthy(2, new Method("create", "v2:bb", false));
  private static final Instance BARE = healthy(3, new Method("create", "", false));

  private final CallTable table = new CallTable();

  private void offer(Instance... instances) {
    table.offer(new Offer(ORDERS, "orders", true, List.of(instances)));
  }

  @Test
  @Acceptance("WI-57")
  void candidates_hash_isComparedAsText() {
    offer(V1, V2, BARE);

    assertThat(table.candidates(ORDERS, "create", "v2:aa")).containsExactly(V1);
    assertThat(table.candidates(ORDERS, "create", "v2:bb")).containsExactly(V2);
    assertThat(table.candidates(ORDERS, "create", "v2:AA")).isEmpty();
    assertThat(table.candidates(ORDERS, "create", "")).containsExactly(BARE);
  }

  @Test
  void candidates_otherMethodOrService_areNone() {
    offer(V1);

    assertThat(table.candidates(ORDERS, "cancel", "v2:aa")).isEmpty();
    assertThat(table.candidates(UUID.randomUUID(), "create", "v2:aa")).isEmpty();
  }

  @Test
  void offer_again_replacesWhatWasOffered() {
    offer(V1, V2);
    offer(V2);

    assertThat(table.candidates(ORDERS, "create", "v2:aa")).isEmpty();
    assertThat(table.candidates(ORDERS, "create", "v2:bb")).containsExactly(V2);
  }

  @Test
  void knows_activeServices_alsoWithoutInstances() {
    assertThat(table.knows(ORDERS)).isFalse();
    offer();
    assertThat(table.knows(ORDERS)).isTrue();

    table.offer(new Offer(ORDERS, "orders", false, List.of()));
    assertThat(table.knows(ORDERS)).isFalse();
  }
}
